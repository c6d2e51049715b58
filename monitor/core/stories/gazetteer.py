"""Places the news names most, in the nine languages served, so that tellings in two languages can be seen to share one or not."""

# ruff: noqa: E501 - a table in nine languages

from __future__ import annotations

import re
from collections.abc import Iterator
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
tr        turkey|türkiye|ankara|türkei|turquie|turquía|турци|анкар|튀르키예|터키|앙카라|トルコ|土耳其|تركيا|أنقرة
eg        egypt|cairo|ägypten|égypte|egipto|египет|каир|이집트|카이로|エジプト|埃及|مصر|القاهرة
vn        vietnam|hanoi|vietnamese|вьетнам|ханой|ханое|베트남|하노이|ベトナム|ハノイ|越南|河内|فيتنام|هانوي
ph        philippin|manila|filipin|филиппин|манил|필리핀|마닐라|フィリピン|マニラ|菲律宾|马尼拉|الفلبين|مانيلا
th        thailand|bangkok|thaïlande|tailandia|таиланд|бангкок|태국|방콕|タイ王国|バンコク|泰国|曼谷|تايلاند
id        indonesi|jakarta|индонези|джакарт|인도네시아|자카르타|インドネシア|印度尼西亚|印尼|إندونيسيا
my        malaysia|kuala lumpur|малайзи|말레이시아|マレーシア|马来西亚|ماليزيا
sg        singapore|singapur|singapour|сингапур|싱가포르|シンガポール|新加坡|سنغافورة
au        australia|canberra|sydney|australien|australie|австрали|канберр|호주|시드니|オーストラリア|豪州|澳大利亚|أستراليا
nz        new zealand|neuseeland|nouvelle-zélande|nueva zelanda|новая зеландия|뉴질랜드|ニュージーランド|新西兰|نيوزيلندا
ca        canada|ottawa|kanada|канад|оттав|캐나다|カナダ|加拿大|كندا
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
kz        kazakh|astana|kasachstan|казахстан|астан|카자흐스탄|カザフスタン|哈萨克斯坦|كازاخستان
uz        uzbek|tashkent|usbekistan|ouzbékistan|uzbekistán|узбек|ташкент|우즈베키스탄|ウズベキスタン|乌兹别克|أوزبكستان
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
"""


# Places inside countries: the code before "-" is the country, which a text names by naming them.
_REGIONS = """
kr-jeju|jeju|чечжудо|제주|済州|济州
kr-muan|muan|муан|무안|務安|务安
kr-busan|busan|пусан|부산|釜山
kr-incheon|incheon|инчхон|인천|仁川
kr-daegu|daegu|тэгу|대구|大邱
kr-gwangju|gwangju|кванджу|광주|光州
kr-daejeon|daejeon|대전시|大田
kr-ulsan|ulsan|ульсан|울산|蔚山
kr-pohang|pohang|포항|浦項|浦项
kr-gangwon|gangwon|강원도|강원|江原
kr-yeonpyeong|yeonpyeong|연평도|延坪
kr-panmunjom|panmunjom|판문점|板門店|板门店
kp-sariwon|sariwon|사리원|沙里院
kp-wonsan|wonsan|원산|元山
kp-kaesong|kaesong|개성공단|开城|開城
kp-yongbyon|yongbyon|йонбён|영변|寧辺|宁边
jp-okinawa|okinawa|окинав|오키나와|沖縄|冲绳
jp-noto|noto|ishikawa|wajima|исикав|노토|이시카와|能登|石川
jp-hokkaido|hokkaido|хоккайдо|홋카이도|北海道
jp-osaka|osaka|осак|오사카|大阪
jp-kyoto|kyoto|киото|교토|京都
jp-nagoya|nagoya|нагой|나고야|名古屋
jp-fukushima|fukushima|фукусим|후쿠시마|福島|福岛
jp-hiroshima|hiroshima|хиросим|히로시마|広島|广岛
jp-nagasaki|nagasaki|нагасак|나가사키|長崎|长崎
jp-fukuoka|fukuoka|후쿠오카|福岡|福冈
jp-miyazaki|miyazaki|미야자키|宮崎|宫崎
jp-kumamoto|kumamoto|구마모토|熊本
jp-sendai|sendai|센다이|仙台
cn-shanghai|shanghai|schanghai|шанха|상하이|上海
cn-shenzhen|shenzhen|шэньчжэн|선전시|深圳|深セン
cn-guangdong|guangdong|guangzhou|гуанчжоу|광둥|광저우|広東|广东|广州
cn-xinjiang|xinjiang|uyghur|uighur|синьцзян|신장|新疆
cn-tibet|tibet|lhasa|тибет|티베트|チベット|西藏
cn-sichuan|sichuan|chengdu|сычуан|쓰촨|四川|成都
cn-wuhan|wuhan|ухан|우한|武漢|武汉
cn-yunnan|yunnan|kunming|윈난|雲南|云南
cn-tianjin|tianjin|тяньцзин|톈진|天津
cn-chongqing|chongqing|чунцин|충칭|重慶|重庆
cn-macau|macau|macao|макао|마카오|マカオ|澳门
tw-hualien|hualien|хуалянь|화롄|花莲|花蓮
tw-kinmen|kinmen|진먼|金門|金门
tw-kaohsiung|kaohsiung|가오슝|高雄
ru-kursk|kursk|koursk|курск|쿠르스크|クルスク|库尔斯克|كورسك
ru-belgorod|belgorod|белгород|벨고로드|ベルゴロド|别尔哥罗德
ru-petersburg|petersburg|петербург|상트페테르부르크|サンクトペテルブルク|圣彼得堡
ru-vladivostok|vladivostok|wladiwostok|владивосток|블라디보스토크|ウラジオストク|符拉迪沃斯托克|海参崴
ru-kazan|kazan|kasan|казан|카잔|カザン|喀山
ru-chechnya|chechnya|grozny|чечн|грозн|체첸|チェチェン|车臣
ua-crimea|crimea|krim|crimée|крым|크림반도|クリミア|克里米亚|القرم
ua-kharkiv|kharkiv|charkiw|харьков|하르키우|ハルキウ|哈尔科夫
ua-odesa|odesa|odessa|одесс|오데사|オデーサ|敖德萨
ua-donetsk|donetsk|donezk|pokrovsk|донецк|покровск|도네츠크|ドネツク|顿涅茨克
ua-kherson|kherson|cherson|херсон|헤르손|ヘルソン|赫尔松
ua-zaporizhzhia|zaporizhzhia|saporischschja|запорож|자포리자|ザポリージャ|扎波罗热
ua-dnipro|dnipro|днепр|드니프로|ドニプロ|第聂伯
ps-rafah|rafah|рафах|라파|ラファ|拉法|رفح
ps-khanyunis|khan younis|khan yunis|хан-юнис|칸유니스|ハンユニス|汗尤尼斯|خان يونس
ps-jenin|jenin|dschenin|дженин|제닌|ジェニン|杰宁|جنين
sy-aleppo|aleppo|alep|алеппо|알레포|アレッポ|阿勒颇|حلب
sy-idlib|idlib|идлиб|이들립|イドリブ|伊德利卜|إدلب
ye-hodeidah|hodeidah|hudaydah|ходейд|호데이다|ホデイダ|荷台达|الحديدة
ir-isfahan|isfahan|natanz|fordow|исфахан|이스파한|イスファハン|伊斯法罕|أصفهان
in-kashmir|kashmir|kaschmir|cachemire|кашмир|카슈미르|カシミール|克什米尔|كشمير
in-mumbai|mumbai|мумба|뭄바이|ムンバイ|孟买
in-chennai|chennai|tamil nadu|첸나이|チェンナイ|金奈
in-kolkata|kolkata|west bengal|калькутт|콜카타|加尔各答
in-bengaluru|bengaluru|bangalore|karnataka|бангалор|벵갈루루|班加罗尔
in-manipur|manipur|манипур|曼尼普尔
in-gujarat|gujarat|ahmedabad|гуджарат|구자라트|古吉拉特
in-punjab|punjab|пенджаб|펀자브|旁遮普
pk-karachi|karachi|карачи|카라치|卡拉奇
pk-lahore|lahore|лахор|라호르|拉合尔
pk-balochistan|balochistan|quetta|белуджистан|발루치스탄|俾路支
gb-scotland|scotland|scottish|edinburgh|glasgow|schottland|écosse|escocia|шотланд|스코틀랜드|スコットランド|苏格兰
gb-wales|wales|welsh|cardiff|уэльс|웨일스|ウェールズ|威尔士
gb-northernireland|northern ireland|belfast|nordirland|북아일랜드|北アイルランド|北爱尔兰
gb-manchester|manchester|манчестер|맨체스터|マンチェスター|曼彻斯特
gb-liverpool|liverpool|ливерпул|리버풀|リバプール|利物浦
gb-birmingham|birmingham|버밍엄|バーミンガム|伯明翰
ie-ireland|ireland|irish|dublin|irland|irlande|irlanda|ирланд|дублин|아일랜드|アイルランド|爱尔兰
de-munich|munich|münchen|bavaria|bayern|мюнхен|뮌헨|ミュンヘン|慕尼黑
de-hamburg|hamburg|гамбург|함부르크|ハンブルク|汉堡
de-magdeburg|magdeburg|магдебург|마그데부르크|マクデブルク|马格德堡
de-solingen|solingen|золинген|졸링겐|ゾーリンゲン|索林根
de-saxony|saxony|sachsen|thuringia|thüringen|саксони|тюринги
fr-marseille|marseille|марсел|마르세유|マルセイユ|马赛
fr-lyon|lyon|лион|리옹|リヨン|里昂
fr-newcaledonia|new caledonia|nouvelle-calédonie|нов каледони|누벨칼레도니|ニューカレドニア|新喀里多尼亚
fr-mayotte|mayotte|майотт|마요트|マヨット|马约特
es-barcelona|barcelona|catalonia|catalu|katalonien|catalogne|барселон|каталони|바르셀로나|카탈루냐|バルセロナ|カタルーニャ|巴塞罗那|加泰罗尼亚
es-valencia|valencia|валенси|발렌시아|バレンシア|巴伦西亚|瓦伦西亚
it-milan|milan|mailand|милан|밀라노|ミラノ|米兰
it-venice|venice|venedig|venise|venecia|венеци|베네치아|ベネチア|威尼斯
it-sicily|sicily|sizilien|sicile|sicilia|сицили|시칠리아|シチリア|西西里
tr-istanbul|istanbul|стамбул|이스탄불|イスタンブール|伊斯坦布尔|إسطنبول
au-melbourne|melbourne|мельбурн|멜버른|メルボルン|墨尔本
au-queensland|queensland|brisbane|квинсленд|퀸즐랜드|クイーンズランド|昆士兰
ca-montreal|montreal|montréal|quebec|québec|монреал|квебек|몬트리올|퀘벡|モントリオール|ケベック|蒙特利尔|魁北克
ca-alberta|alberta|calgary|альберт|앨버타|アルバータ|艾伯塔
ca-ontario|ontario|toronto|торонто|토론토|トロント|多伦多
br-sãopaulo|são paulo|sao paulo|сан-паул|상파울루|サンパウロ|圣保罗
br-rio|rio de janeiro|рио-де-жанейро|리우데자네이루|リオデジャネイロ|里约
za-capetown|cape town|kapstadt|кейптаун|케이프타운|ケープタウン|开普敦
sd-darfur|darfur|fasher|дарфур|다르푸르|ダルフール|达尔富尔|دارفور|الفاشر
us-alabama|alabama|алабам|앨라배마|アラバマ|亚拉巴马
us-alaska|alaska|аляск|알래스카|アラスカ|阿拉斯加
us-arizona|arizona|аризон|애리조나|アリゾナ|亚利桑那
us-arkansas|arkansas
us-california|california|kalifornien|californie|los angeles|san francisco|калифорни|лос-анджелес|캘리포니아|로스앤젤레스|カリフォルニア|ロサンゼルス|加利福尼亚|加州|洛杉矶
us-colorado|colorado|denver|колорадо|콜로라도|コロラド|科罗拉多
us-connecticut|connecticut
us-delaware|delaware
us-florida|florida|miami|флорид|майами|플로리다|マイアミ|フロリダ|佛罗里达|迈阿密
us-hawaii|hawaii|maui|гава|하와이|ハワイ|夏威夷
us-idaho|idaho
us-illinois|illinois|chicago|чикаго|시카고|シカゴ|芝加哥
us-indiana|indiana
us-iowa|iowa|айов|아이오와|アイオワ|艾奥瓦
us-kansas|kansas|канзас|캔자스|カンザス|堪萨斯
us-kentucky|kentucky|кентукки|켄터키|ケンタッキー|肯塔基
us-louisiana|louisiana|new orleans|луизиан|новый орлеан|루이지애나|뉴올리언스|ルイジアナ|ニューオーリンズ|路易斯安那|新奥尔良
us-maine|maine
us-maryland|maryland|baltimore|мэриленд|балтимор|메릴랜드|볼티모어|メリーランド|ボルティモア|马里兰|巴尔的摩
us-massachusetts|massachusetts|boston|массачусетс|бостон|매사추세츠|보스턴|マサチューセッツ|ボストン|马萨诸塞|波士顿
us-michigan|michigan|detroit|мичиган|детройт|미시간|디트로이트|ミシガン|デトロイト|密歇根|底特律
us-minnesota|minnesota|minneapolis|миннесот|미네소타|미니애폴리스|ミネソタ|ミネアポリス|明尼苏达|明尼阿波利斯
us-mississippi|mississippi|миссисипи|미시시피|ミシシッピ|密西西比
us-missouri|missouri|миссури|미주리|ミズーリ|密苏里
us-montana|montana|монтан|몬태나|モンタナ|蒙大拿
us-nebraska|nebraska
us-nevada|nevada|las vegas|невад|лас-вегас|네바다|라스베이거스|ネバダ|ラスベガス|内华达|拉斯维加斯
us-newhampshire|new hampshire
us-newjersey|new jersey|нью-джерси|뉴저지|ニュージャージー|新泽西
us-newmexico|new mexico
us-newyork|new york|nueva york|нью-йорк|뉴욕|ニューヨーク|纽约|نيويورك
us-northcarolina|north carolina|северн каролин|노스캐롤라이나|ノースカロライナ|北卡罗来纳
us-southcarolina|south carolina|사우스캐롤라이나|サウスカロライナ|南卡罗来纳
us-ohio|ohio|огайо|오하이오|オハイオ|俄亥俄
us-oklahoma|oklahoma|оклахом|오클라호마|オクラホマ|俄克拉何马
us-oregon|oregon|portland|орегон|портленд|오리건|포틀랜드|オレゴン|ポートランド|俄勒冈|波特兰
us-pennsylvania|pennsylvania|philadelphia|пенсильвани|филадельфи|펜실베이니아|필라델피아|ペンシルベニア|フィラデルフィア|宾夕法尼亚|费城
us-tennessee|tennessee|nashville|теннесси|테네시|テネシー|田纳西
us-texas|texas|houston|dallas|техас|хьюстон|даллас|텍사스|휴스턴|댈러스|テキサス|ヒューストン|ダラス|得克萨斯|休斯敦|达拉斯
us-utah|utah
us-virginia|virginia
us-westvirginia|west virginia
us-wisconsin|wisconsin|milwaukee|висконсин|위스콘신|ウィスコンシン|威斯康星
us-wyoming|wyoming
kz-aktau|aktau|актау|악타우|アクタウ|阿克套
uz-samarkand|samarkand|samarcande|samarcanda|самарканд|사마르칸트|サマルカンド|撒马尔罕
vn-hochiminh|ho chi minh|хошимин|호찌민|ホーチミン|胡志明市
ph-scarborough|scarborough shoal|scarborough|스카버러|スカボロー|黄岩岛
ph-secondthomas|second thomas shoal|ayungin|세컨드 토머스|セカンド・トーマス|仁爱礁
id-bali|bali|бали|발리섬|バリ島|巴厘岛
nz-christchurch|christchurch|крайстчерч|크라이스트처치|クライストチャーチ|克赖斯特彻奇
"""

_CAPITALS = re.compile(r"\b(?:US|U\.S\.|EU|UK|UE|США|ЕС)(?!\w)")
_SHORT = {"US": "us", "U.S.": "us", "EU": "eu", "UE": "eu", "UK": "gb", "США": "us", "ЕС": "eu"}


def places_in(text: str) -> frozenset[str]:
    """The codes of the places that a text names: ISO 3166 for countries (a capital stands for its country), "us-texas" for regions.

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


def share_place(some: frozenset[str], others: frozenset[str]) -> bool | None:
    """Whether two texts name a common place, None when one names none; regions decide where both name regions."""
    here, there = _regions(some), _regions(others)
    if here and there:
        return not here.isdisjoint(there)
    return not some.isdisjoint(others) if some and others else None


def _regions(places: frozenset[str]) -> frozenset[str]:
    return frozenset(place for place in places if "-" in place)


@cache
def _forms() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """(form, the places it stands for) by first two letters, longest first; some forms, such as 日韓, stand for two places."""
    codes: dict[str, tuple[str, ...]] = {}
    for code, names in _rows():
        for name in names:
            codes[name] = (*codes.get(name, ()), code)
    grouped: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for form in sorted(codes, key=lambda form: (-len(form), form)):
        grouped.setdefault(form[:2], []).append((form, codes[form]))
    return grouped


def _rows() -> Iterator[tuple[str, list[str]]]:
    for line in _TABLE.strip().splitlines():
        code, names = line.split(maxsplit=1)
        yield code, [name.strip() for name in names.casefold().split("|")]
    for line in _REGIONS.strip().splitlines():
        code, *forms = line.casefold().split("|")
        yield code, forms
        yield code.split("-")[0], forms


def _is_wide(form: str) -> bool:
    return form[0] > "\u3000"
