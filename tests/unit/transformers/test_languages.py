"""Languages are guessed where enough tells them, and not where nothing does."""

import pytest

from journeyman.transformers.languages import UNKNOWN, guess_language, language_shares


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have been there with my friends and it was not bad at all", "English"),
        ("Ich habe das gestern gekauft und es ist sehr gut für die Küche", "German"),
        ("Je ne sais pas si c'est la même chose, mais il est très bien", "French"),
        ("No me gusta nada el sabor, pero es muy barato y lo compro", "Spanish"),
        ("Non è quello che volevo ma per il prezzo sono molto contento", "Italian"),
        ("Eu não sei se isso é bom, mas meu filho gosta muito", "Portuguese"),
        ("Ik heb het niet gekocht, maar het is een goed boek voor je", "Dutch"),
        ("Jag har inte sett den men det är en bra bok för dig", "Swedish"),
        ("Nie wiem czy to jest dobre, ale się bardzo nam podoba", "Polish"),
        ("Bu çok güzel bir ürün ama ben onu almadım çünkü pahalı", "Turkish"),
        ("Saya tidak tahu apa ini tetapi rasanya enak dan bisa untuk kami", "Indonesian"),
        ("Мне это очень понравилось", "Russian or another in Cyrillic"),
        ("これはとても良い本です", "Japanese"),
        ("这本书非常好", "Chinese"),
        ("정말 좋아요", "Korean"),
        ("Free entry! Txt WIN 80086", UNKNOWN),
        ("4711-A", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_sentence(text, language):
    assert guess_language(text) == language


def test_shares_sum_to_one_without_empty_texts():
    shares = language_shares(["this is the one", "x", "", "das ist nicht der"])
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares == {"English": 1 / 3, "German": 1 / 3, UNKNOWN: 1 / 3}
    assert language_shares(["", " "]) == {}
