"""The words that generated meeting notes are filled with.

Words that only held-out notes use are left out on purpose: a summarizer must copy them.
"""


def _words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    """The phrases between the bars of a text."""
    return tuple(text.split("|"))


NAMES = _words(
    "Priya Tom Lena Marta Ravi Jonas Aiko Omar Ines Paul Dana Sofia Kenji Nora Yara Ben Alice Amir Anders "
    "Anja Boris Carla Carlos Chen Clara Claudia Daniel Diego Dora Edgar Elena Elif Emil Emma Erik Eva Farid "
    "Fatima Frank Gina Hana Hassan Heidi Helen Igor Ivan Jack Jana Jin Joel Julia Karim Karl Kofi Kira Laila "
    "Lars Leo Lin Lucas Luisa Maja Malik Marco Maria Max Mei Mila Mona Nadia Nils Nina Olga Oscar Pablo Petra "
    "Rahim Rania Rosa Ruth Sam Sara Simon Stefan Sven Tara Theo Tina Uma Vera Wanda Yusuf Zoe"
)
SYLLABLES = _words(
    "ba be bo da de do fa fe ga go ha he ja jo ka ke ko la le lo ma me mo na ne no pa pe ra "
    "re ro sa se so ta te to va ve vi wa za zo"
)
ENDINGS = _words("n l r s k m t a o i")

MEETINGS = _phrases(
    "Standup|Weekly sync|Budget review|Budget talk|Release meeting|Planning|Design review|Team call|Retro|"
    "Incident review|Board meeting|Parents evening|Tenant meeting|Shop meeting|Office standup|launch call|"
    "Monthly review|Project call|Kickoff|Staff meeting|Clinic meeting|Vendor call|"
    "quick sync, short notes|notes by phone"
)

ADJECTIVES = _words(
    "new old small large second final summer winter yearly monthly short long blue main spare first shared"
)
NOUNS = _phrases(
    "invoice|contract|budget|report|laptop|server|office|kitchen|hotel|train|form|menu|poster|camera|database|"
    "backup|login page|search page|test plan|price list|phone line|meeting room|team offsite|mobile app|survey|"
    "training|workshop|newsletter|garage|roof|heating|stock list|time sheet|visitor badge|privacy note|data move|"
    "customer list|ticket system|payment form|road map|desk|window|door|bus|tour|stage|music|lunch|festival|book fair|"
    "science room|sports day|flower bed|bike rack|night shift|order form|delivery|label|scanner|truck|freezer|"
    "translation|logo|video|demo|keynote|speech|slide deck|mailing|map|schedule|rota|checklist|handbook"
)

# Base form and third person: the notes say "orders", the summary says "will order".
VERBS = tuple(
    pair.partition("/")[::2]
    for pair in _words(
        "order/orders book/books fix/fixes write/writes send/sends check/checks buy/buys call/calls test/tests "
        "update/updates review/reviews plan/plans sign/signs collect/collects print/prints move/moves "
        "clean/cleans paint/paints add/adds edit/edits prepare/prepares share/shares measure/measures "
        "repair/repairs cancel/cancels finish/finishes draft/drafts"
    )
)
DECISIONS = _words(
    "replace buy rent sell cancel move close open repair paint test drop keep renew share translate "
    "print stop start extend"
)
PLACES = _phrases(
    "on floor 2|on floor 3|in the lobby|in the east wing|for the sales team|for the spring fair|for class 4a|"
    "in Lisbon|in the north office|for new users|for the whole team|in building 7|on laptops|with 20 users"
)

DAYS = _words("Monday Tuesday Wednesday Thursday Friday")
MONTHS = _words("January February March April May June July August September October November December")

REASONS = _phrases(
    "the tests are red|the parts are late|the budget is open|the vendor is slow|two people are sick|"
    "the contract is not signed|the server is too small|the texts are missing|the hall is booked|"
    "the review found a bug|the paint is still wet|the data is wrong|the license has not come"
)
CAUSES = _phrases(
    "a bad config push|a power cut|an expired certificate|a full queue|a broken cable|a wrong price file|"
    "a failed update|a full inbox|a lost key|a slow query|a wrong switch|a burst pipe"
)
SYSTEMS = _phrases(
    "The shop|The mail server|The login|The booking page|The phone line|The payment form|The scanner|The intranet|"
    "The time clock|The order page|The price feed|The ticket system"
)

SMALL_TALK = _phrases(
    "Coffee machine is broken again.|Heating works again.|Parking is full, take the bus.|"
    "There is cake in the kitchen.|"
    "Door code has changed, ask the front desk.|Thanks to all for the good work.|Bring snacks, no nuts please.|"
    "Marketing has been told.|Rest is on track.|No blame, good teamwork.|Sound was bad, sorry.|"
    "Floor 3 complains about noise.|Windows stay shut this week.|Lunch moved to one.|"
    "Next standup Wednesday 9:30.|"
    "Next standup Monday 9:15.|rest is on track, thx all|sorry for typos|Room was too warm.|Nobody was late today."
)
OPINIONS = _phrases(
    "more time|a smaller one|a bigger one|the old one back|a vote by mail|fixed rules|no rules at all|"
    "a cheaper one|numbers first|to wait|to ask the users|first come first served|one for each team"
)
