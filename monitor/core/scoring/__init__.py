"""What an article is about and who takes which side: relevance, holders, voices, stance."""
