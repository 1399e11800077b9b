"""Names of languages, as people say them: in English, in their own, and some in German, Spanish and
French.
"""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def fold(text: str) -> str:
    """Its words in lower case and without accents, with spaces between; of scripts that have no
    case, as they are.
    """
    letters = (unicodedata.normalize("NFD", one)[0] for one in " ".join(WORD.findall(text)).lower())
    return "".join(letters)


_NAMES = {
    "ar": "العربية|arabic|arabisch|arabe",
    "bg": "български|bulgarian|bulgarisch|bulgaro|bulgare",
    "bn": "বাংলা|bengali|bangla",
    "ca": "català|catalan|katalanisch",
    "cs": "čeština|czech|tschechisch|checo|tchèque",
    "da": "dansk|danish|dänisch|danés|danois",
    "de": "Deutsch|german|alemán|allemand|tedesco|duits|niemiecki",
    "el": "ελληνικά|greek|griechisch|griego|grec",
    "en": "English|englisch|inglés|anglais|inglese|inglês|engels|angielski|английский",
    "es": "Español|spanish|spanisch|espagnol|castellano|castilian|spagnolo|espanhol",
    "et": "eesti|estonian|estnisch",
    "fa": "فارسی|persian|farsi|persisch",
    "fi": "suomi|finnish|finnisch|finés|finnois",
    "fr": "Français|french|französisch|francés|francese|francês|frans|francuski",
    "he": "עברית|hebrew|hebräisch|hebreo|hébreu",
    "hi": "हिन्दी|हिंदी|hindi",
    "hr": "hrvatski|croatian|kroatisch",
    "hu": "magyar|hungarian|ungarisch|húngaro|hongrois",
    "id": "Bahasa Indonesia|indonesian|indonesisch|bahasa",
    "it": "Italiano|italian|italienisch|italien",
    "ja": "日本語|japanese|japanisch|japonés|japonais",
    "ko": "한국어|korean|koreanisch|coreano|coréen",
    "lt": "lietuvių|lithuanian|litauisch",
    "lv": "latviešu|latvian|lettisch",
    "ms": "Bahasa Melayu|malay|malaiisch",
    "nb": "norsk|norwegian|norwegisch|noruego|norvégien",
    "nl": "Nederlands|dutch|niederländisch|holländisch|neerlandés|holandés|néerlandais",
    "pl": "polski|polish|polnisch|polaco|polonais",
    "pt": "Português|portuguese|portugiesisch|portugués|portugais",
    "pt-BR": "Português do Brasil|brazilian|brazilian portuguese|brasilianisch",
    "ro": "română|romanian|rumänisch|rumano|roumain",
    "ru": "русский|русском|russian|russisch|ruso|russe",
    "sk": "slovenčina|slovak|slowakisch",
    "sl": "slovenščina|slovenian|slovene|slowenisch",
    "sr": "српски|serbian|serbisch|srpski",
    "sv": "svenska|swedish|schwedisch|sueco|suédois",
    "sw": "Kiswahili|swahili|suaheli",
    "ta": "தமிழ்|tamil",
    "th": "ภาษาไทย|thai|thailändisch",
    "tr": "Türkçe|turkish|türkisch|turco|turc",
    "uk": "українська|ukrainian|ukrainisch|ucraniano|ukrainien",
    "ur": "اردو|urdu",
    "vi": "Tiếng Việt|vietnamese|vietnamesisch",
    "zh": "中文|普通话|chinese|mandarin|chinesisch|chino|chinois|汉语",
    "en-GB": "British English|britisch|british",
    "en-US": "American English|amerikanisch|american",
}

OWN_NAMES = {tag: names.split("|")[0] for tag, names in _NAMES.items()}
"""What a language calls itself, by BCP 47 tag."""

TAGS = {fold(name): tag for tag, names in _NAMES.items() for name in names.split("|")}
"""The tag for each name, folded."""

ADVERBS = {
    fold(words): tag
    for words, tag in {
        "日本語で": "ja",
        "한국어로": "ko",
        "用中文": "zh",
        "说中文": "zh",
        "по-русски": "ru",
        "українською": "uk",
        "česky": "cs",
        "slovensky": "sk",
        "po polsku": "pl",
        "suomeksi": "fi",
        "magyarul": "hu",
    }.items()
}
"""Words for "in that language" that hold more than its name, folded, and the tag."""
