"""Cron expressions: meaningful ones, and ones that only Quartz can judge."""

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
RANGES = {"seconds": (0, 59), "minutes": (0, 59), "hours": (0, 23), "day-of-month": (1, 31), "month": (1, 12), "day-of-week": (1, 7)}
STEPS = {"seconds": 59, "minutes": 59, "hours": 23, "day-of-month": 31, "month": 12, "day-of-week": 7}

# Each is a way in which Quartz is known to be lenient, strict or strange.
ODD = """
0 0 11 * * ?|0 0 11 ? * *|0 0 11 * * *|0 0 11 ? * ?|0 0 11 * *|0 0 11 * * ? 2030 x|0 0 11 * * ? 2030 2031 2032||?|* * * * * *
0 0 99 * * ?|99 99 99 ? 99 99|0 0 0 99 99 ? 99|0 0 0 98 * MON|0 0 0 5 * 98|0 0 0 98 * ?|0 0 0 98/2 * MON|0 0 0 98-120 * 2|0 0 99-5 * * ?
0 0 99/5 * * ?|0 0 99-70 * * ?|0 0 0 99-98 * MON|0 0 0 ? * 98#3|0 0 0 1 * 98#3|0 0 0 ? * 99#3|0 0 0 ? * 0#3|0 0 0 ? * 8#2|0 0 0 ? * 9#3
0 0 0 ? * 6#3,2|0 0 0 ? * 2,6#3|0 0 0 ? * *,6#3|0 0 0 ? * 6#3,7#4|0 0 0 ? * FRI#3|0 0 0 ? * FRI#+3|0 0 0 ? * FRI#03|0 0 0 ? * 6#6|0 0 0 ? * 6#0
0 0 0 ? * 6#|0 0 0 ? * FRI#x|0 0 0 ? * 6#3x|0 0 0 ? * 6#-1|0 0 0 ? * 2,6L|0 0 0 ? * 6L,2|0 0 0 ? * 6L|0 0 0 ? * 6LX|0 0 0 ? * FRIL|0 0 0 ? * FRILX
0 0 0 ? * L|0 0 0 ? * LW|0 0 0 ? * L-3|0 0 0 ? * L3|0 0 0 ? * 0L|0 0 0 ? * 8L|0 0 0 ? * MON-FRI/2|0 0 0 ? * MON/2|0 0 0 ? * MONDAY|0 0 0 ? * MON-FRIDAY
0 0 0 ? * MON-3|0 0 0 ? * 2-FRI|0 0 0 ? * FRI-MON|0 0 0 ? * mon,Wed|0 0 0 ? * XXX|0 0 0 ? * MO|0 0 0 ? * MON,|0 0 0 ? * ,MON|0 0 0 ? * ,|0 0 0 ? * MON,,TUE
0 0 0 1 JANUARY ?|0 0 0 1 JAN-MAR/2 ?|0 0 0 1 JAN/2 ?|0 0 0 1 JAN-300 ?|0 0 0 1 NOV-FEB ?|0 0 0 1 JAN#3 ?|0 0 0 1 JANL ?|0 0 0 1 13 ?|0 0 0 1 0 ?|0 0 0 1 5-0 ?
0 0 0 L * ?|0 0 0 LW * ?|0 0 0 L-3 * ?|0 0 0 L-3W * ?|0 0 0 L-W * ?|0 0 0 L- * ?|0 0 0 L-30 * ?|0 0 0 L-31 * ?|0 0 0 L-03 * ?|0 0 0 L3 * ?|0 0 0 L-3X * ?
0 0 0 LX * ?|0 0 0 LWX * ?|0 0 0 L,15 * ?|0 0 0 15,L * ?|0 0 0 15,LW * ?|0 0 0 L, * ?|0 0 0 WL * ?|0 0 0 L-30W * ?|0 0 0 L-29W 2 ?|0 0 0 L-28W 2,3 ?
0 0 0 1W * ?|0 0 0 31W * ?|0 0 0 30W 2,3 ?|0 0 0 32W * ?|0 0 0 1,15W * ?|0 0 0 15W,20 * ?|0 0 0 15W,LW * ?|0 0 0 *,15W * ?|0 0 0 15WX * ?|0 0 0 W * ?
0 0 0 1-5W * ?|0 0 0 5/3W * ?|0 0 0 5L * ?|0 0 0 MON * ?|0 0 0 5W,? * MON|0 0 0 ?,5 * MON|0 0 0 5 * MON,?|0 0 0 ?X * MON|0 0 0 ?XY * MON|0 0 0 ?5 * 2
0 0 0 1 * ?|0 0 0 0 * ?|0 0 0 32 * ?|0 0 0 3-0 * ?|0 0 0 0-3 * ?|0 0 0 31-2 * ?|0 0 0 2-1 * ?|0 0 0 30 2 ?|0 0 0 , * ?|0 0 0 , * 2
0 0/0 * * * ?|0 */0 * * * ?|0 */-5 * * * ?|0 */+5 * * * ?|0 */05 * * * ?|0 */5x * * * ?|0 */ * * * ?|0 / * * * ?|0 /5 * * * ?|0 //5 * * * ?|0 /x * * * ?
0 *5 * * * ?|0 ** * * * ?|0 *x * * * ?|0 *-5 * * * ?|0 */60 * * * ?|0 */59 * * * ?|0 5/60 * * * ?|0 5/ * * * ?|0 5/x * * * ?|0 5/3x * * * ?|0 5/10x * * * ?
0 5-10/0 * * * ?|0 5-10/99 * * * ?|0 5-10/3x * * * ?|0 5-10/x * * * ?|0 5-10/ * * * ?|0 5- * * * ?|0 5-x * * * ?|0 5--3 * * * ?|0 5-60 * * * ?|0 5-10x * * * ?
0 5-10L * * * ?|0 5x * * * ?|0 5? * * * ?|0 ? * * * ?|0 L * * * ?|0 L,5 * * * ?|0 LW * * * ?|0 5L * * * ?|0 5W * * * ?|0 5#2 * * * ?|0 , * * * ?|0 5,,7 * * * ?
0 -5 * * * ?|0 +5 * * * ?|0 60 * * * ?|0 007 * * * ?|0 58-1 * * * ?|0 5.5 * * * ?|0 5;6 * * * ?|0 99999999999 * * * ?|0 */99999999999 * * * ?|0 JAN * * * ?
0 0 24 * * ?|0 0 22-3/2 * * ?|0 0 */24 * * ?|0 0 5/24 * * ?|0 0 0 */32 * ?|0 0 0 5/32 * ?|0 0 0 1 */13 ?|0 0 0 ? * */8|0 0 0 ? * 2/8|0 0 0 ? * 2-6/9
0 0 0 1 1 ? 2030|0 0 0 1 1 ? 2030-2035/2|0 0 0 1 1 ? 2035-2030|0 0 0 1 1 ? 2030/3|0 0 0 1 1 ? 1960/7|0 0 0 1 1 ? */200|0 0 0 1 1 ? 5|0 0 0 1 1 ? 1900
0 0 0 1 1 ? ?|0 0 0 1 1 ? L|0 0 0 1 1 ? ,|0 0 0 1 1 ? 2030L|0 0 0 1 1 ? 2030W|0 0 0 1 1 ? 2030x|0 0 0 1 1 ? 98|0 0 0 1 1 ? 99-2050|0 0 0 1 1 ? 9999|0 0 0 1 1 ? 99999999999
0 0 0 1 1 ? 2030/0|0 0 0 1 1 ? 2030-2040/0|0 0 0 1 1 ? */0|0 0 0 1 1 ? JAN|0 0 0 1 1 ? 1000-3000|0 0 0 1 1 ? 2020,2040,2060
0 5-٣ * * * ?|0 */٣ * * * ?|0 ٣ * * * ?|0 5/٣ * * * ?|0 0 0 ? * ſUN|0 0 0 ? * 6#٣|0 0 0 é * ?|0 0 0 1 * ?😀|0 0 0 ? * FRI😀|0 0 0 ? * 2,ﬀ
0 0 0 ? * 5,6,?|0 0 0 ? * ?,?|0 0 0 ?,? * 2|0 0 0 *,? * 2|0 0 0 *,? * ?|0 0 0 */5,L-3 * ?|0 0 0 15w * ?|0 0 0 lw * ?|0 0 0 l-3w * ?|0 0 0 ? jan-mar fri#2 2030
"""


def odd():
    return [text for line in ODD.strip("\n").split("\n") for text in line.split("|")] + ["  0  0\t11 * *\t? ", "0 0\v11 * * ?", "\v0 0 11 * * ?"]


def meant(random):
    """An expression that a person may write: every kind of item, wrapping ranges, named days and months, years."""
    fields = [field(random, name) for name in ("seconds", "minutes", "hours")]
    if random.random() < 0.25:
        fields[0] = "0"
    day, weekday = (day_of_month(random), "?") if random.random() < 0.55 else ("?", day_of_week(random))
    fields += [day, "*" if random.random() < 0.6 else month(random), weekday]
    if random.random() < 0.12:
        fields.append(years(random))
    return " ".join(fields)


def broken(random):
    """A mistyped expression: a valid one with a character or a whole item replaced."""
    text = list(meant(random))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        place = random.randrange(len(text) + 1)
        what = random.choice("0123456789,,--//**??LLWW##  \tXJANMONFRIx+.")
        match random.randrange(3):
            case 0: text.insert(place, what)
            case 1: text[place:place + 1] = what
            case _: text[place:place + 1] = ""
    return "".join(text)


def field(random, name):
    low, high = RANGES[name]
    match random.randrange(10):
        case 0 | 1: return "*"
        case 2 | 3: return str(random.randint(low, high))
        case 4: return ",".join(str(random.randint(low, high)) for _ in range(random.randint(2, 4)))
        case 5: return f"{random.choice(['*', '', random.randint(low, high)])}/{random.randint(1, STEPS[name])}"
        case 6 | 7: return f"{random.randint(low, high)}-{random.randint(low, high)}"
        case 8: return f"{random.randint(low, high)}-{random.randint(low, high)}/{random.randint(1, STEPS[name])}"
        case _: return f"{random.randint(low, high)}-{random.randint(low, high)},{random.randint(low, high)}"


def day_of_month(random):
    match random.randrange(10):
        case 0: return "L"
        case 1: return f"L-{random.randint(0, 30)}"
        case 2: return "LW"
        # Beyond 27, Quartz may search forever, which costs time.
        case 3: return f"L-{random.randint(0, 27) if random.random() < 0.998 else random.randint(28, 30)}W"
        case 4 | 5: return f"{random.randint(1, 31)}W"
        case 6 | 7: return "*"
        case _: return field(random, "day-of-month")


def day_of_week(random):
    day = random.choice((random.randint(1, 7), random.choice(DAYS)))
    match random.randrange(8):
        case 0: return "L"
        case 1 | 2: return f"{day}L"
        case 3 | 4: return f"{day}#{random.randint(1, 5)}"
        case 5: return f"{random.choice(DAYS)}-{random.choice(DAYS)}"
        case 6: return ",".join(random.sample(DAYS, random.randint(1, 4)))
        case _: return field(random, "day-of-week")


def month(random):
    match random.randrange(3):
        case 0: return f"{random.choice(MONTHS)}-{random.choice(MONTHS)}"
        case 1: return ",".join(random.sample(MONTHS, random.randint(1, 4)))
        case _: return field(random, "month")


def years(random):
    year = random.randint(1970, 2095)
    match random.randrange(4):
        case 0: return str(year)
        case 1: return f"{year}-{year + random.randint(0, 30)}"
        case 2: return f"{year}/{random.randint(1, 9)}"
        case _: return f"{year},{random.randint(1970, 2095)}-{2096}"
