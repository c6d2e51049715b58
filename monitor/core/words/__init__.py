"""Text as language: tokens, sentences, inflected names, the small words of reporting."""
