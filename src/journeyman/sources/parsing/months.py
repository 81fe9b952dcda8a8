"""Names of months, as fifteen languages write them: whole, and short with or without a point."""

from __future__ import annotations

__all__ = ["MONTH_NAMES", "month_of"]

# Languages are parted by semicolons, one month a word; further spellings of a month behind a bar. After the names of
# the Unicode CLDR (https://cldr.unicode.org), genitives where dates take them. Marks above letters may be left out.
_LANGUAGES = """
january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep october|oct
    november|nov december|dec;
januar|jänner|jän februar|feber märz|mär|mrz|maerz april|apr mai juni juli august september oktober|okt november
    dezember|dez;
janvier|janv février|févr|fév mars avril|avr mai juin juillet|juil août|aoû septembre octobre novembre décembre|déc;
enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre|set octubre noviembre
    diciembre|dic;
janeiro fevereiro|fev março abril|abr maio|mai junho julho agosto|ago setembro|set outubro|out novembro dezembro|dez;
gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto|ago settembre|sett|set ottobre|ott
    novembre dicembre|dic;
januari februari maart|mrt april mei juni juli augustus september oktober|okt november december;
januari februari mars april maj juni juli augusti september oktober|okt november december;
januar februar marts april maj juni juli august september oktober|okt november december;
januar februar mars april mai juni juli august september oktober|okt november desember|des;
tammikuuta|tammikuu|tammi helmikuuta|helmikuu|helmi maaliskuuta|maaliskuu|maalis huhtikuuta|huhtikuu|huhti
    toukokuuta|toukokuu|touko kesäkuuta|kesäkuu|kesä heinäkuuta|heinäkuu|heinä elokuuta|elokuu|elo
    syyskuuta|syyskuu|syys lokakuuta|lokakuu|loka marraskuuta|marraskuu|marras joulukuuta|joulukuu|joulu;
stycznia|styczeń|sty lutego|luty|lut marca|marzec kwietnia|kwiecień|kwi maja|maj czerwca|czerwiec|cze
    lipca|lipiec|lip sierpnia|sierpień|sie września|wrzesień|wrz października|październik|paź listopada|listopad|lis
    grudnia|grudzień|gru;
ledna|leden|led února|únor|úno března|březen|bře dubna|duben|dub května|květen|kvě června|červen|čvn
    července|červenec|čvc srpna|srpen|srp září|zář října|říjen|říj listopadu|listopad prosince|prosinec|pro;
ocak|oca şubat|şub mart nisan|nis mayıs haziran|haz temmuz|tem ağustos|ağu eylül|eyl ekim|eki kasım|kas aralık|ara;
января|январь|янв февраля|февраль|фев марта|март|мар апреля|апрель|апр мая|май июня|июнь|июн июля|июль|июл
    августа|август|авг сентября|сентябрь|сен|сент октября|октябрь|окт ноября|ноябрь|ноя декабря|декабрь|дек
"""
_MARKS = str.maketrans("äáàâãåčçďéèêëěğíìîïıńñňóòôõöřšśşťúùûüůýžźż", "aaaaaaccdeeeeegiiiiinnnooooorssstuuuuuyzzz")


def _names() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in _LANGUAGES.split(";"):
        for number, words in enumerate(language.split(), 1):
            for word in words.split("|"):
                for spelling in (word, word.translate(_MARKS)):
                    names.setdefault(spelling.rstrip("."), number)
    return names


MONTH_NAMES = _names()
"""Month (1 to 12) by its name in lower case."""


def month_of(name: str) -> int:
    """Return the month that a name means.

    Raises
    ------
    ValueError
        It names none.

    Examples
    --------
    >>> month_of("Mär"), month_of("MARZO"), month_of("oct")
    (3, 3, 10)
    """
    number = MONTH_NAMES.get(name.lower())
    if number is None:
        raise ValueError(name)
    return number
