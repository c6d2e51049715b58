"""The small words by which nine languages report what somebody says and point back to who was named before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a reference points back to: a person or body just spoken of, a state or its office, or an organisation."""

    PRONOUN = "pronoun"
    STATE = "state"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Speech:
    """One language's patterns: verbs of speech, those and verbs of taking sides, references by kind.

    `seats` is what stands before a capital in which somebody unnamed speaks for it ("a spokesperson told reporters in"), where a
    language has such a turn; `drops_subject` says whether a sentence may leave its subject out, `subjects` how one that does not
    begins; `addresses` is a verb before somebody who is spoken to.
    """

    says: re.Pattern[str]
    reports: re.Pattern[str]
    references: tuple[tuple[Kind, re.Pattern[str]], ...]
    seats: re.Pattern[str] | None = None
    drops_subject: bool = False
    addresses: re.Pattern[str] | None = None
    subjects: re.Pattern[str] | None = None

    def begins_with_another(self, sentence: str) -> bool:
        """Whether a sentence begins with a subject of its own."""
        return self.subjects is not None and self.subjects.match(sentence) is not None


_EN_STATE = (
    r"governments?|ministry|ministries|minister|cabinet|premier|president|prime minister|foreign minister|chancellor|embassy|ambassador|"
    r"state department|army|military|navy|parliament|lawmakers|kremlin|regime|authorities|diplomats?|envoy|negotiators?|capital"
)
_EN_BODY = (
    r"company|firm|maker|manufacturer|developer|operator|platform|party|unions?|guild|group|association|federation|bank|lender|museum|temple|"
    r"abbot|monks|council|committee|commission|agency|organisation|organization|alliance|coalition|bloc|movement|charity|campaigners|watchdog|"
    r"university|institute|court|board|chairman|chairwoman|chair|director|chief executive|chief|head|leaders?|lawyers?|members?|opposition|church"
)
_EN_ANY = r"spokes(?:man|woman|person)|officials?|statement|secretary|delegation|representative|side"

_SAYS = {
    "en": r"\b(?:say|tell|ask|add|warn|argue|claim|call|accuse|condemn|welcome|praise|denounce|critici[sz]e|urge|insist|dismiss|describe|announce|"
          r"state|declare|vow|promise|reply|respond|demand|slam|hail|plead|lament|object|protest|write|note|appeal|comment|thank|applaud|admit|"
          r"complain|explain|stress|concede|quip|testif|predict|hope)(?:s|d|ed|med|ing)?\b|\b(?:said|told|replied|replies|wrote|testified|pled)\b",
    "de": r"\b(?:sagt|erklärt|kritisiert|fordert|warnt|betont|nennt|nannte|begrüßt|verurteilt|wirft|warf|bezeichnet|kündigt|verspricht|versprach|"
          r"meint|schreibt|schrieb|verlangt|mahnt|lobt|spricht|sprach|wies|antwortet|teilt)(?:e|en|ete|eten)?\b",
    "fr": r"\b(?:déclar|affirm|estim|annonc|dénonc|salu|critiqu|condamn|ajout|jug|réclam|demand|expliqu|accus|qualifi|averti|soulign|appel|prôn)"
          r"(?:e|é|ent|er|le|lé|it|ait)?\b|\b(?:dit|selon|répondu|répond|promis|promet)\b",
    "es": r"\b(?:dij(?:o|eron)|dice|afirm(?:a|ó|aron)|declar(?:a|ó|aron)|señal(?:a|ó|aron)|asegur(?:a|ó|aron)|adv(?:ierte|irtió)|pid(?:e|ió|ieron)|"
          r"critic(?:a|ó|aron)|calific(?:a|ó|aron)|conden(?:a|ó|aron)|anunci(?:a|ó|aron)|celebr(?:a|ó|aron)|exig(?:e|ió|ieron)|acus(?:a|ó|aron)|"
          r"sost(?:iene|uvo)|respond(?:e|ió)|añad(?:e|ió)|según|explic(?:a|ó)|consider(?:a|ó)|insist(?:e|ió))\b",
    "ru": r"(?:сказа|заяв|сообщ|отмет|подчеркн|добав|назва|называ|обвин|призва|призыв|потреб|требу|пообещ|обеща|ответ|осуд|осужд|приветств|раскритик|"
          r"критик|счита|предупре|напомн|поясн|утвержд|говор|пригроз|прос|хвал|настаив)[а-яё]*",
    "ko": r"(?:말했|말한|밝혔|밝히|전했|주장|강조|비판|지적|촉구|요구|환영|규탄|설명했|덧붙|답했|경고|비난|호소|반박|평가|했다고|고 했|라고|다고|맞받|약속|요청|성명)",
    "ja": r"(?:述べ|語っ|話し|表明|強調|批判|主張|訴え|説明|指摘|反発|非難|歓迎|警告|発表|コメント|明らかに|示し|としている|とした|と呼|約束|要請|声明|答え|回答)",
    "zh": r"(?:表示|称|稱|说|說|指出|强调|強調|认为|認為|呼吁|批评|批評|谴责|譴責|警告|敦促|欢迎|歡迎|回应|宣布|声明|主张|抨击|赞扬|承诺|抗议|写道)",
    "ar": r"(?:قال|قالت|أعلن|أعلنت|أكد|أكدت|أضاف|أضافت|صرح|صرحت|دعا|دعت|انتقد|انتقدت|أدان|أدانت|رحب|رحبت|حذر|حذرت|طالب|طالبت|وصف|وصفت|"
          r"اتهم|اتهمت|اعتبر|اعتبرت|شدد|شددت|تعهد|تعهدت)",
}  # fmt: skip
"""Verbs that give somebody's words."""

_ACTS = {
    "en": r"\b(?:support|back|oppose|vote|defend|want|believe|think|reject|decline|refuse|agree|offer|endorse|join|sign|block|veto|approve|"
          r"ratif|withdraw|fight|sue|fear|favou?r)(?:s|d|ed|ing|y|ies|ied)?\b|\bthought\b|\bwithdrew\b|\bfought\b",
    "de": r"\b(?:lehnt|unterstützt|verteidigt|stimmt|weigert|unterzeichnet|blockiert)(?:e|en)?\b|\b(?:will|wollen|wollte)\b",
    "fr": r"\b(?:rejett|rejet|refus|défend|sign|bloqu|vot)(?:e|é|ent|u)?\b|\b(?:soutient|soutenu|soutiennent|veut|veulent)\b",
    "es": r"\b(?:rechaz(?:a|ó|aron)|apoy(?:a|ó|aron)|defend(?:ió)|defiende|quiere|firm(?:a|ó)|bloque(?:a|ó)|vot(?:a|ó|aron))\b",
    "ru": r"(?:поддерж|отверг|выступ|намерен|отказ|одобр|проголос|подпис)[а-яё]*",
    "ko": r"(?:반대|지지|찬성|거부|반발|거절|서명|표결|선을 그)",
    "ja": r"(?:求め|賛成|反対|支持|拒否|拒ん|容認|署名|見送)",
    "zh": r"(?:要求|反对|反對|支持|拒绝|赞成|坚持|签署|否决)",
    "ar": r"(?:رفض|رفضت|ترفض|يرفض|أيد|أيدت|تؤيد|يؤيد|عارض|عارضت|وقع|وقعت)",
}  # fmt: skip
"""Verbs of taking a side without a word."""

_EN_DETERMINED = r"\b(?:the|its|his|her|their|a|an)\s+(?:[\w’'-]+\s+){0,3}?"
_KO_OBJECT = r"(?![을를의과와]|에(?!서))"
"""No particle of an object follows: what is told, asked or owned does not speak."""
_REFERENCES: dict[str, tuple[tuple[Kind, str], ...]] = {
    "en": (
        (Kind.STATE, rf"{_EN_DETERMINED}(?P<noun>{_EN_STATE})\b"),
        (Kind.BODY, rf"{_EN_DETERMINED}(?P<noun>{_EN_BODY})\b"),
        (Kind.PRONOUN, rf"{_EN_DETERMINED}(?P<noun>{_EN_ANY})\b"),
        (Kind.PRONOUN, r"(?P<noun>\b(?:he|she|it|they)\b|^\W*(?:its|his|her|their)\b)"),
    ),
    "de": (
        (Kind.STATE, (r"\b(?:der|die|das|dem|den|ihr|ihre|sein|seine)\s+(?P<noun>\w*(?:[Rr]egierung|[Mm]inister(?:in|ium)?|[Aa]ußenamt|[Pp]räsident(?:in)?|"
                      r"[Kk]anzler(?:in)?|[Bb]otschafter(?:in)?|[Bb]ehörden?))\b")),
        (Kind.BODY, (r"\b(?:der|die|das|dem|den|ihr|ihre|sein|seine)\s+(?P<noun>\w*(?:[Ff]irma|[Uu]nternehmen|[Kk]onzern|[Pp]artei|[Gg]ewerkschaft|[Vv]erband|"
                      r"[Gg]ruppe|[Bb]ank|[Mm]useum|[Vv]orsitzende[r]?|[Cc]hef(?:in)?|[Hh]ersteller))\b")),
        (Kind.PRONOUN, r"\b(?:ein|eine|der|die|ihr|sein|ihre)\s+(?P<noun>\w*[Ss]precher(?:in)?)\b"),
        (Kind.PRONOUN, r"(?P<noun>\b(?:er|sie)\b)"),
    ),
    "fr": (
        (Kind.STATE, r"\b(?:le|la|les|l['’]|son|sa|ses)\s*(?P<noun>gouvernement|ministères?|ministre|président[e]?|ambassadeur|autorités|exécutif)\b"),
        (Kind.BODY, r"\b(?:le|la|les|l['’]|son|sa|ses)\s*(?P<noun>entreprise|société|groupe|parti|syndicats?|association|fédération|banque|musée|organisation)\b"),
        (Kind.PRONOUN, r"\b(?:le|la|un|une|son|sa)\s*(?P<noun>porte-parole)\b"),
        (Kind.PRONOUN, r"(?P<noun>\b(?:il|elle|ils|elles)\b)"),
    ),
    "es": (
        (Kind.STATE, r"\b(?:el|la|los|las|su|sus)\s+(?P<noun>gobierno|ministerio|ministr[oa]|president[ea]|embajador[a]?|autoridades|ejecutivo|cancillería)\b"),
        (Kind.BODY, r"\b(?:el|la|los|las|su|sus)\s+(?P<noun>empresa|compañía|grupo|partido|sindicatos?|asociación|federación|banco|museo|organización)\b"),
        (Kind.PRONOUN, r"\b(?:el|la|un|una|su)\s+(?P<noun>portavoz|vocero|vocera)\b"),
        (Kind.PRONOUN, r"(?P<noun>\b(?:él|ella|ellos|ellas)\b|^\W*(?:Su|Sus)\b)"),
    ),
    "ru": (
        (Kind.STATE, r"(?P<noun>\b(?:правительств|министерств|министр|ведомств|МИД|кабмин|кабинет|президент|премьер|власт|посол|посольств|парламент)[а-яё]*)"),
        (Kind.BODY, r"(?P<noun>\b(?:компани|фирм|парти|профсоюз|групп|организаци|банк|музе|объединени|ассоциаци|холдинг|концерн|лидер|глава|директор)[а-яё]*)"),
        (Kind.PRONOUN, r"(?P<noun>\b(?:представител|пресс-секретар|спикер|чиновник)[а-яё]*)"),
        (Kind.PRONOUN, r"(?P<noun>\b(?:он|она|они|его словам|её словам|ее словам|их словам)\b)"),
    ),
    "ko": (
        (Kind.STATE, rf"(?P<noun>정부|외교부|외무성|국방부|당국자?|장관|총리|대통령|대통령실|청와대|총리실)(?:은|는|이|가|도|측)?{_KO_OBJECT}"),
        (Kind.BODY, rf"(?P<noun>회사|업체|기업|박물관장?|협회장?|단체|조합|노조|정당|재단|대표|회장|위원장|주지)(?:은|는|이|가|도|측)?{_KO_OBJECT}"),
        (Kind.PRONOUN, r"(?P<noun>대변인|관계자|당국자|그는|그가|그녀는|이들은|양측)"),
    ),
    "ja": (
        (Kind.STATE, r"(?P<noun>政府|外務省|外相|国防省|防衛省|首相|大統領|官房長官|大臣|同国|当局|代表)"),
        (Kind.BODY, r"(?P<noun>同社|会社|博物館|館長|同党|党|協会|連盟|団体|同団体|会長|社長|理事長|組合|寺|住職)"),
        (Kind.PRONOUN, r"(?P<noun>報道官|関係者|幹部|高官|彼は|彼女は|同氏|彼らは)"),
    ),
    "zh": (
        (Kind.STATE, r"(?P<noun>政府|外交部|国防部|外长|总统|总理|总统府|部长|大使|当局|官方|该国|中方|俄方|美方|日方)"),
        (Kind.BODY, r"(?P<noun>该公司|这家公司|公司|博物馆|馆长|该党|协会|联盟|该组织|团体|工会|主席|寺)"),
        (Kind.PRONOUN, r"(?P<noun>发言人|官员|他说|她说|他表示|她表示|他们|他还|她还)"),
    ),
    "ar": (
        (Kind.STATE, r"(?P<noun>الحكومة|الوزارة|وزارة الخارجية|الوزير|وزير الخارجية|الرئيس|السفير|السلطات)"),
        (Kind.BODY, r"(?P<noun>الشركة|الحزب|النقابة|المجموعة|الاتحاد|البنك|المتحف|المنظمة|الجمعية)"),
        (Kind.PRONOUN, r"(?P<noun>المتحدث|المتحدثة|المسؤول|وأضاف|وأضافت|وتابع|وتابعت)"),
    ),
}  # fmt: skip
PRONOUNS = frozenset(
    ["he", "she", "it", "they", "er", "sie", "il", "elle", "ils", "elles", "él", "ella", "ellos", "ellas", "он", "она", "они"]
)
"""References that are nothing but a pronoun."""
POSSESSIVE = re.compile(r"(?:its|his|her|their|ihre?|seine?|son|sa|ses|leurs?|sus?)\b", re.IGNORECASE)
"""What begins a reference to something of somebody named before."""
_SEATS = {
    "en": r"\b(?:an?|senior|some|several|two|three)\s+(?:[\w’'-]+\s+){0,3}?"
          r"(?:spokes(?:man|woman|person)|officials?|ministers?|diplomats?|officers?)\b[^.;,]{0,40}\bin\s+$",
}  # fmt: skip
_ADDRESSES = {
    "en": r"\b(?:told|tell|tells|telling|ask|asks|asked|asking|urge|urges|urged|urging|thanked|accused|reminded|lobbied)\s+$"
}
_SUBJECTS = {"ko": r"[“\"'‘]?(?!그는|그가|이들은|이어|이는)[^\s,.]{3,}(?:은|는|이|가|도)\s"}
_DROPPING = frozenset({"ko", "ja", "zh", "ar", "es"})


def _compiled(language: str) -> Speech:
    flags = re.IGNORECASE if language in {"en", "de", "fr", "es", "ru"} else re.NOFLAG
    references = tuple((kind, re.compile(pattern, flags)) for kind, pattern in _REFERENCES[language])
    reports = re.compile(f"{_SAYS[language]}|{_ACTS[language]}", flags)
    seats = re.compile(_SEATS[language], flags) if language in _SEATS else None
    addresses = re.compile(_ADDRESSES[language], flags) if language in _ADDRESSES else None
    subjects = re.compile(_SUBJECTS[language]) if language in _SUBJECTS else None
    says = re.compile(_SAYS[language], flags)
    return Speech(says, reports, references, seats, language in _DROPPING, addresses, subjects)


_SPEECH = {language: _compiled(language) for language in _SAYS}


def speech(language: str) -> Speech:
    """The patterns of a language; English ones for a language without its own."""
    return _SPEECH.get(language, _SPEECH["en"])
