"""Places the news names most, in the nine languages served, so that tellings in two languages can be seen to share one or not."""

# ruff: noqa: RUF001, E501 - a table in nine languages

from __future__ import annotations

import re
from functools import cache

_TABLE = """
us        united states|white house|pentagon|federal reserve|the fed|fed |백악관|연준|国防总省|ホワイトハウス|白宫|美联储|фрс|белый дом|america|u.s|washington|vereinigte staaten|usa|états-unis|etats-unis|américain|estados unidos|сша|америк|вашингтон|미국|한미|미일|워싱턴|米国|米大統領|日米|米韓|アメリカ|美国|美军|美日|美韩|华盛顿|الولايات المتحدة|أمريك|أميرك|واشنطن|한미일|日米韓|美日韩|米大統領|在韩美军
kr        bank of korea|yonhap|합동참모본부|합참|한미일|日米韓|美日韩|south korea|seoul|südkorea|corée du sud|corea del sur|южн коре|южная корея|южной коре|южную корею|сеул|한국|한미|한일|서울|韓国|日韓|米韓|ソウル|韩国|韩日|日韩|美韩|首尔|كوريا الجنوبية|سيول
kp        kim jong un|김정은|金正恩|ким чен ын|north korea|pyongyang|dprk|nordkorea|corée du nord|corea del norte|кндр|северн коре|северная корея|северной коре|пхеньян|북한|평양|조선|北朝鮮|平壌|朝鲜|平壤|كوريا الشمالية|بيونغ يانغ
jp        bank of japan|boj|일본은행|日銀|防衛省|日米韓|美日韩|japan|tokyo|japon|japón|tokio|япони|японск|токио|일본|한일|미일|한미일|도쿄|日本|日米|日韓|東京|日韩|美日|东京|اليابان|طوكيو
cn        china|chinese|beijing|chin|chine|pékin|pekín|peking|кита|пекин|중국|베이징|中国|北京|中方|الصين|بكين
tw        taiwan|taipei|taïwan|taiwán|тайван|тайбэ|대만|타이베이|台湾|台北|臺灣|تايوان
ru        russia|moscow|kremlin|russland|russisch|moskau|russie|russe|moscou|rusia|ruso|moscú|росси|москв|кремл|러시아|모스크바|ロシア|モスクワ|俄罗斯|莫斯科|俄方|روسيا|موسكو
ua        ukrain|kyiv|kiev|ucrania|украин|киев|우크라이나|키이우|ウクライナ|キーウ|乌克兰|基辅|أوكرانيا|كييف
eu        european central bank|ecb|ezb|bce|european union|ЕЦБ|欧洲央行|유럽중앙은행|brussels|europäische union|brüssel|union européenne|bruxelles|unión europea|bruselas|евросоюз|европейск|брюссел|유럽연합|브뤼셀|欧州連合|ブリュッセル|欧盟|布鲁塞尔|الاتحاد الأوروبي|بروكسل
de        germany|german|berlin|deutschland|deutsch|allemagne|allemand|alemania|alemán|германи|берлин|독일|베를린|ドイツ|ベルリン|德国|柏林|ألمانيا|برلين
fr        france|french|paris|frankreich|französisch|français|francia|francés|франци|париж|프랑스|파리|フランス|パリ|法国|巴黎|فرنسا|باريس
gb        bank of england|britain|british|united kingdom|england|london|großbritannien|royaume-uni|londres|reino unido|британ|лондон|영국|런던|英国|ロンドン|伦敦|بريطانيا|لندن
in        india|delhi|indien|inde|индия|индии|индию|нью-дели|인도|뉴델리|インド|印度|新德里|الهند
pk        pakistan|islamabad|пакистан|исламабад|파키스탄|パキスタン|巴基斯坦|باكستان
ir        iran|tehran|teheran|téhéran|teherán|иран|тегеран|이란|테헤란|イラン|テヘラン|伊朗|德黑兰|إيران|طهران
il        israel|jerusalem|israël|израил|иерусалим|이스라엘|예루살렘|イスラエル|エルサレム|以色列|耶路撒冷|إسرائيل|القدس
ps        gaza|palestin|west bank|gazastreifen|газ сектор|сектор газа|палестин|가자|팔레스타인|ガザ|パレスチナ|加沙|巴勒斯坦|غزة|فلسطين
lb        lebanon|lebanese|beirut|libanon|liban|líbano|ливан|бейрут|레바논|レバノン|黎巴嫩|لبنان|بيروت
sy        syria|damascus|syrien|syrie|siria|сири|дамаск|시리아|シリア|叙利亚|سوريا|دمشق
sa        saudi|riyadh|saoudite|saudí|саудовск|사우디|サウジ|沙特|السعودية|الرياض
qa        qatar|doha|katar|катар|доха|доху|카타르|도하|カタール|ドーハ|卡塔尔|多哈|قطر|الدوحة
ye        yemen|houthi|sanaa|jemen|yémen|йемен|예멘|후티|イエメン|也门|اليمن
iq        iraq|baghdad|irak|ирак|багдад|이라크|イラク|伊拉克|العراق|بغداد
tr        turkey|türkiye|ankara|istanbul|türkei|turquie|turquía|турци|анкар|стамбул|튀르키예|터키|앙카라|トルコ|土耳其|تركيا|أنقرة
eg        egypt|cairo|ägypten|égypte|egipto|египет|каир|이집트|카이로|エジプト|埃及|مصر|القاهرة
vn        vietnam|hanoi|vietnamese|вьетнам|ханой|ханое|베트남|하노이|ベトナム|ハノイ|越南|河内|فيتنام|هانوي
ph        philippin|manila|filipin|филиппин|манил|필리핀|마닐라|フィリピン|マニラ|菲律宾|马尼拉|الفلبين|مانيلا
th        thailand|bangkok|thaïlande|tailandia|таиланд|бангкок|태국|방콕|タイ王国|バンコク|泰国|曼谷|تايلاند
id        indonesi|jakarta|индонези|джакарт|인도네시아|자카르타|インドネシア|印度尼西亚|印尼|إندونيسيا
my        malaysia|kuala lumpur|малайзи|말레이시아|マレーシア|马来西亚|ماليزيا
sg        singapore|singapur|singapour|сингапур|싱가포르|シンガポール|新加坡|سنغافورة
au        australia|canberra|sydney|australien|australie|австрали|канберр|호주|시드니|オーストラリア|豪州|澳大利亚|أستراليا
nz        new zealand|neuseeland|nouvelle-zélande|nueva zelanda|новая зеландия|뉴질랜드|ニュージーランド|新西兰|نيوزيلندا
ca        canada|ottawa|montreal|toronto|kanada|montréal|канад|оттав|캐나다|カナダ|加拿大|كندا
mx        mexico|mexiko|mexique|méxico|мексик|멕시코|メキシコ|墨西哥|المكسيك
br        brazil|brasil|brasília|brésil|brasilien|бразили|브라질|ブラジル|巴西|البرازيل
ar        argentin|buenos aires|аргентин|아르헨티나|アルゼンチン|阿根廷|الأرجنتين
ve        venezuela|caracas|венесуэл|베네수엘라|ベネズエラ|委内瑞拉|فنزويلا
cu        cuba|havana|kuba|куба|куби|쿠바|キューバ|古巴|كوبا
za        south africa|pretoria|johannesburg|südafrika|afrique du sud|sudáfrica|юар|남아공|南アフリカ|南非|جنوب أفريقيا
sd        sudan|khartoum|soudan|sudán|судан|수단|スーダン|苏丹|السودان
et        ethiopia|addis|äthiopien|éthiopie|etiopía|эфиопи|에티오피아|エチオピア|埃塞俄比亚|إثيوبيا
ng        nigeria|lagos|abuja|nigéria|нигери|나이지리아|ナイジェリア|尼日利亚|نيجيريا
ke        kenya|nairobi|kenia|кени|케냐|ケニア|肯尼亚|كينيا
cg        congo|kinshasa|kongo|конго|콩고|コンゴ|刚果|الكونغو
pl        poland|warsaw|polish|polen|warschau|pologne|varsovie|polonia|польш|варшав|폴란드|바르샤바|ポーランド|ワルシャワ|波兰|华沙|بولندا
hu        hungar|budapest|ungarn|hongrie|hungría|венгри|будапешт|헝가리|ハンガリー|匈牙利|المجر
ro        romania|bucharest|rumänien|roumanie|rumania|румыни|бухарест|루마니아|ルーマニア|罗马尼亚|رومانيا
md        moldov|chisinau|moldau|moldavie|moldavia|молдав|молдов|кишин|몰도바|モルドバ|摩尔多瓦|مولدوفا
ge        tbilisi|georgian|georgien|géorgie|грузи|тбилиси|조지아|ジョージア|格鲁吉亚|جورجيا
am        armenia|yerevan|armenien|arménie|армени|ереван|아르메니아|アルメニア|亚美尼亚|أرمينيا
az        azerbaijan|baku|aserbaidschan|azerbaïdjan|azerbaiyán|азербайджан|баку|아제르바이잔|アゼルバイジャン|阿塞拜疆|巴库|أذربيجان
kz        kazakh|astana|aktau|kasachstan|казахстан|астан|актау|카자흐스탄|カザフスタン|哈萨克斯坦|كازاخستان
uz        uzbek|samarkand|tashkent|usbekistan|ouzbékistan|samarcande|uzbekistán|узбек|самарканд|ташкент|우즈베키스탄|사마르칸트|ウズベキスタン|乌兹别克|撒马尔罕|أوزبكستان
al        albania|tirana|albanien|albanie|албани|тиран|알바니아|アルバニア|阿尔巴尼亚|ألبانيا
rs        serbia|belgrade|serbien|belgrad|serbie|belgrado|серби|белград|세르비아|セルビア|塞尔维亚|صربيا
gr        greece|greek|athens|griechenland|athen|grèce|athènes|grecia|atenas|греци|афин|그리스|ギリシャ|希腊|اليونان
it        italy|italian|rome|italien|rom|italie|italia|roma|итали|рим|이탈리아|로마|イタリア|ローマ|意大利|罗马|إيطاليا|روما
es        spain|spanish|madrid|spanien|espagne|españa|испани|мадрид|스페인|마드리드|スペイン|西班牙|إسبانيا
nl        netherlands|dutch|hague|amsterdam|niederlande|pays-bas|países bajos|нидерланд|гааг|네덜란드|オランダ|荷兰|هولندا
ch        switzerland|swiss|geneva|schweiz|genf|suisse|genève|suiza|ginebra|швейцар|женев|스위스|제네바|スイス|ジュネーブ|瑞士|日内瓦|سويسرا|جنيف
se        sweden|swedish|stockholm|schweden|suède|suecia|швеци|стокгольм|스웨덴|スウェーデン|瑞典|السويد
fi        finland|finnish|helsinki|finnland|finlande|finlandia|финлянд|хельсинки|핀란드|フィンランド|芬兰|فنلندا
no        norway|norwegian|oslo|norwegen|norvège|noruega|норвег|осло|노르웨이|ノルウェー|挪威|النرويج
by        belarus|minsk|weißrussland|biélorussie|bielorrusia|белорус|беларус|минск|벨라루스|ベラルーシ|白俄罗斯|بيلاروسيا
af        afghan|kabul|taliban|afganistán|афганистан|кабул|아프가니스탄|アフガニスタン|阿富汗|أفغانستان
bd        bangladesh|dhaka|бангладеш|방글라데시|バングラデシュ|孟加拉国|بنغلاديش
lk        sri lanka|colombo|шри-ланк|스리랑카|スリランカ|斯里兰卡|سريلانكا
mm        myanmar|burma|naypyidaw|birmanie|мьянм|미얀마|ミャンマー|缅甸|ميانمار
np        nepal|kathmandu|népal|непал|네팔|ネパール|尼泊尔|نيبال
gl        greenland|nuuk|grönland|groenland|groenlandia|гренланд|그린란드|グリーンランド|格陵兰|غرينلاند
pa        panama|panamá|панам|파나마|パナマ|巴拿马|بنما
hk        hong kong|hongkong|гонконг|홍콩|香港|هونغ كونغ
jeju      jeju|чечжудо|제주|済州|济州
okinawa   okinawa|окинав|오키나와|沖縄|冲绳
noto      noto|ishikawa|wajima|нoто|исикав|노토|이시카와|能登|石川
hualien   hualien|хуалянь|화롄|花莲|花蓮
muan      muan|муан|무안|務安|务安
"""


_CAPITALS = re.compile(r"\b(?:US|U\.S\.|EU|UK|UE|США|ЕС)(?!\w)")
_SHORT = {"US": "us", "U.S.": "us", "EU": "eu", "UE": "eu", "UK": "gb", "США": "us", "ЕС": "eu"}


def places_in(text: str) -> frozenset[str]:
    """The codes of the places that a text names (ISO 3166 for countries; a capital stands for its country).

    A form in letters that are set apart as words must open a word; one in Chinese characters, kana or hangul may stand anywhere.
    """
    folded = text.casefold()
    found = {_SHORT[short] for short in _CAPITALS.findall(text)}
    forms = _forms()
    at = 0
    while at < len(folded):
        longest = next((form for form in forms.get(folded[at : at + 2], ()) if folded.startswith(form[0], at)), None)
        if longest and (_is_wide(longest[0]) or not at or not folded[at - 1].isalnum()):
            found.update(longest[1])
            at += len(longest[0])
        else:
            at += 1
    return frozenset(found)


@cache
def _forms() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """(form, the places it stands for) by first two letters, longest first; some forms, such as 日韓, stand for two places."""
    codes: dict[str, tuple[str, ...]] = {}
    for line in _TABLE.strip().splitlines():
        code, names = line.split(maxsplit=1)
        for name in names.casefold().split("|"):
            codes[name.strip()] = (*codes.get(name.strip(), ()), code)
    grouped: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for form in sorted(codes, key=lambda form: (-len(form), form)):
        grouped.setdefault(form[:2], []).append((form, codes[form]))
    return grouped


def _is_wide(form: str) -> bool:
    return form[0] > "\u3000"
