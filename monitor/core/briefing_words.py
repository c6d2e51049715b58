"""The words a briefing adds of its own, in the languages it can be written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.model import Stance

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Briefing: {name}",
        "span": "{since} to {until}",
        "summary": "Summary: what changed",
        "positions": "Positions",
        "agreements": "Agreements and disagreements",
        "timeline": "Timeline",
        "numbers": "Numbers and documents",
        "questions": "Open questions",
        "glossary": "Glossary",
        "sources": "Sources",
        "counts": "{stories} stories in {articles} articles from {outlets} outlets.",
        "nothing": "Nothing was told of this topic in this span.",
        "new": "Heard on this topic for the first time: {holders} ({stance}).",
        "shift": "{holder} moved from {before} to {after} on {on}.",
        "changed": "{holder} was {before} before ({earlier} stories) and is {after} now ({later} stories).",
        "position": "{holder}: {stance}",
        "of": "{count} of {total} independent stories",
        "few": "few stories",
        "mixed": "no clear side",
        "agree": "{holders} are {stance}.",
        "alone": "{holders} is {stance}.",
        "clash": "On one side {some}; on the other {others}.",
        "same_story": "Both sides in one story, “{story}”:",
        "told_by": "told by {outlets} independent outlets",
        "told_by_one": "told by one outlet",
        "document": "{name}:",
        "silent": "{holder} is named in {count} of the articles and takes no side that could be found.",
        "gone": "Nothing was heard from {holder}, which had a position before.",
        "single": "Told by {outlet} only:",
        "split": "Sources disagree on where {holder} stands: {one} in some stories, {other} in others.",
        "rests": "The position of {holder} rests on one story.",
        "and": " and ",
        "favor": "in favour",
        "against": "against",
        "neutral": "neutral",
        "outlet": "the outlets' own voice",
        "footer": "Every passage in quotation marks stands so, to the character, in the article it cites.",
        "rewritten": "{model} rewrote the summary from the cited passages; {dropped} sentences they do not support were dropped.",
    },
    "ko": {
        "title": "브리핑: {name}",
        "span": "{since} ~ {until}",
        "summary": "요약: 무엇이 달라졌나",
        "positions": "행위자별 입장",
        "agreements": "일치와 대립",
        "timeline": "시간순 정리",
        "numbers": "수치와 문서",
        "questions": "남은 질문",
        "glossary": "용어",
        "sources": "출처",
        "counts": "매체 {outlets}곳의 기사 {articles}건, 사건 {stories}건.",
        "nothing": "이 기간에는 이 주제의 보도가 없었다.",
        "new": "이 주제에서 처음 입장이 확인됨: {holders} ({stance}).",
        "shift": "{holder}: {on} {before}에서 {after}(으)로 바뀜.",
        "changed": "{holder}: 이전 {before}({earlier}건), 지금 {after}({later}건).",
        "position": "{holder}: {stance}",
        "of": "독립 보도 {total}건 중 {count}건",
        "few": "보도가 적음",
        "mixed": "뚜렷한 쪽 없음",
        "agree": "{holders}: 모두 {stance}.",
        "alone": "{holders}: {stance}.",
        "clash": "{some} 대 {others}: 서로 반대 입장.",
        "same_story": "한 사건에서 맞선 두 입장, “{story}”:",
        "told_by": "독립 매체 {outlets}곳 보도",
        "told_by_one": "매체 1곳 보도",
        "document": "{name}:",
        "silent": "{holder}: 기사 {count}건에 언급되지만 확인된 입장 없음.",
        "gone": "{holder}: 이전에는 입장이 있었으나 이번에는 나오지 않음.",
        "single": "{outlet} 단독 보도:",
        "split": "{holder}의 입장을 두고 보도가 엇갈림: {one} / {other}.",
        "rests": "{holder}의 입장은 보도 1건에만 근거함.",
        "and": ", ",
        "favor": "찬성",
        "against": "반대",
        "neutral": "중립",
        "outlet": "매체 자체의 논조",
        "footer": "따옴표 안의 문장은 모두 인용한 기사에 글자 그대로 있다.",
        "rewritten": "요약은 {model}이(가) 인용문으로 다시 썼다. 뒷받침되지 않은 문장 {dropped}개는 뺐다.",
    },
    "ja": {
        "title": "ブリーフィング：{name}",
        "span": "{since} ～ {until}",
        "summary": "要約：何が変わったか",
        "positions": "主体ごとの立場",
        "agreements": "一致と対立",
        "timeline": "時系列",
        "numbers": "数字と文書",
        "questions": "残る疑問",
        "glossary": "用語",
        "sources": "出典",
        "counts": "{outlets}媒体、記事{articles}本、出来事{stories}件。",
        "nothing": "この期間、この主題の報道はなかった。",
        "new": "この主題で初めて立場が確認された：{holders}（{stance}）。",
        "shift": "{holder}：{on}に{before}から{after}へ変化。",
        "changed": "{holder}：以前は{before}（{earlier}件）、現在は{after}（{later}件）。",
        "position": "{holder}：{stance}",
        "of": "独立した報道{total}件中{count}件",
        "few": "報道が少ない",
        "mixed": "明確な立場なし",
        "agree": "{holders}：いずれも{stance}。",
        "alone": "{holders}：{stance}。",
        "clash": "{some}と{others}：立場が対立。",
        "same_story": "一つの出来事の中の両論「{story}」：",
        "told_by": "独立した{outlets}媒体が報道",
        "told_by_one": "1媒体のみ報道",
        "document": "{name}：",
        "silent": "{holder}：記事{count}本に登場するが、立場は確認できない。",
        "gone": "{holder}：以前は立場があったが、今回は出てこない。",
        "single": "{outlet}のみの報道：",
        "split": "{holder}の立場について報道が分かれる：{one}／{other}。",
        "rests": "{holder}の立場は1件の報道のみに基づく。",
        "and": "、",
        "favor": "賛成",
        "against": "反対",
        "neutral": "中立",
        "outlet": "媒体自身の論調",
        "footer": "引用符の中の文は、すべて出典の記事に一字一句そのままある。",
        "rewritten": "要約は{model}が引用文から書き直した。裏付けのない{dropped}文は除いた。",
    },
}


def phrase(language: str, key: str, **values: object) -> str:
    """A phrase in a language that WORDS has."""
    return WORDS[language][key].format(**values)


def listed(language: str, names: Sequence[str]) -> str:
    """Names as a list in running text."""
    if len(names) < 2:  # noqa: PLR2004 - one name is no list
        return "".join(names)
    comma = "、" if language == "ja" else ", "
    return f"{comma.join(names[:-1])}{WORDS[language]['and']}{names[-1]}"


def stance_word(language: str, stance: Stance | None) -> str:
    """How a stance is called; None is no clear side."""
    return WORDS[language]["mixed" if stance is None else stance.value]
