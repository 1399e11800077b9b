"""The words of orders and the replies to them, by language. Patterns match a whole order that is
folded (`agent.room.languages`) and without politeness.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Regular expressions.

    Attributes:
        request: Begins what is an order even where a question mark ends it.
        polite: What may stand before and behind an order and means nothing.
        joins: Words between two orders.
        focus, language: Have the group `x`: what to talk about; a language.
        be: Begins an order that names a profile, preset, mode or language.
        kinds: What those are called.
        anything: Takes the focus back.
        replies: For each kind of order; {} is what was chosen.
    """

    request: str
    polite: str
    joins: str
    focus: tuple[str, ...]
    language: tuple[str, ...]
    be: str
    articles: str
    kinds: str
    anything: str
    brief: str
    detailed: str
    normal: str
    idle: str
    active: str
    undo: str
    help: str
    replies: dict[str, str]


_TALK = r"(?:talking|commentating|speaking|commenting|the commentary|it|there)"

ENGLISH = Words(
    request=r"(?:could|can|would|will) you|i want you to|i would like you to|i'd like you to"
    r"|i need you to|you (?:can|may|should)|would you mind",
    polite=r"please|just|kindly|hey|hi|hello|ok|okay|so|well|now|right now|all right|alright|dear"
    r"|from now on|thanks|thank you|for me|for us|if you can"
    r"|a bit|a little|instead|again|from here|pressbox|press box|commentator|then|also",
    joins=r"and|then|but",
    focus=(
        r"(?:talk|speak|commentate|comment|report|tell (?:me|us))"
        r"(?: only| just| more| mainly)?(?: about| on) (?P<x>.+)",
        r"(?:focus|concentrate)(?: only| just| more| mainly)? on (?P<x>.+)",
        r"follow (?P<x>(?:the|that|this) .+)",
    ),
    anything=r"(?:talk|speak|comment|commentate)(?: about| on)"
    r" (?:anything|everything|whatever(?: you (?:like|want|see)| happens)?|all of it|it all"
    r"|what you (?:see|like|want)|what happens|anything you (?:like|want))"
    r"|forget (?:that|it|this|the focus|about (?:that|it))"
    r"|(?:no|stop|drop the|clear the) focus(?:ing)?|focus on (?:anything|everything|nothing)",
    brief=r"(?:be |keep it |make it |stay )?(?:a (?:bit|little) )?(?:more )?"
    r"(?:brief|briefer|short|shorter|concise)"
    r"|(?:say|talk|speak) less|less (?:detail|details|talk|talking|words)|fewer words"
    r"|(?:in )?short(?:er)? (?:lines|sentences)|keep (?:your lines|your sentences) short",
    detailed=r"(?:be |go |say it |describe it |talk |in )?(?:more )?(?:in )?(?:more )?"
    r"(?:detail|details|detailed)"
    r"|(?:say|talk|speak) more|(?:be )?longer|(?:in )?longer (?:lines|sentences)"
    r"|(?:give|tell) (?:me|us) more details?",
    normal=r"(?:be |go |back to )*(?:the )?normal(?: length)?|(?:at )?(?:normal|medium) length",
    idle=rf"stop(?: {_TALK})?|(?:be |keep |stay |go )?(?:quiet|silent)|silence|shut up|shush|hush"
    r"|pause(?: the commentary)?|(?:that's|that is) enough|enough|mute|no more talking"
    r"|(?:go |be )?idle|hold your tongue",
    active=rf"(?:go on|carry on|continue|resume|start|begin|keep going|unmute)(?: {_TALK})?"
    r"|(?:talk|speak|commentate)|(?:go |be )?active|go ahead",
    language=(
        r"(?:(?:say it|talk|speak|commentate|go on|continue|switch|change)(?: to us| to me)? )?"
        r"(?:in|to|em|pa|на|w) (?P<x>.+?)(?: language)?",
        r"(?:speak|use|talk) (?P<x>.+?)(?: language)?",
    ),
    be=r"be|become|act as|act like|play|speak as|talk like|speak like|use|take|choose"
    r"|switch to|change to|go to|set",
    articles="the|a|an|my",
    kinds="profile|preset|mode|persona",
    undo=r"undo(?: (?:that|it|this))?|as before|like before|take (?:that|it) back|change it back"
    r"|(?:go )?back(?: to (?:before|(?:how|what) it was))?",
    help=r"help|what can (?:you do|i say|i ask(?: you)?|i tell you)|what do you (?:do|understand)"
    r"|what are you able to do|how can i steer you|which orders do you (?:know|understand)",
    replies={
        "focus": "I talk about {} from now on.",
        "anything": "I talk about whatever happens.",
        "brief": "Brief from now on.",
        "detailed": "In detail from now on.",
        "normal": "Back to normal length.",
        "idle": "I am quiet now.",
        "active": "I go on.",
        "language": "English from now on.",
        "name": "From now on: {}.",
        "undo": "As before.",
        "nothing": "There is nothing to undo.",
        "help": "I say what happens in the picture and answer questions about it. You can tell me: "
        "talk about the red team; be brief; in more detail; in Spanish; be the guard; stop; go on; "
        "as before.",
    },
)

GERMAN = Words(
    request=r"(?:kannst|konntest|wurdest|konnen|konnten) (?:du|sie)|ich mochte dass du",
    polite=r"bitte|mal|doch|jetzt|nun|danke|hey|hallo|ok|okay|ab jetzt|von nun an|pressbox|wieder"
    r"|kommentator|etwas|ein bisschen|einfach|auch|dann|nur noch",
    joins=r"und|dann|aber",
    focus=(
        r"(?:rede|red|sprich|sprechen sie|reden sie|erzahl|erzahle|kommentiere)"
        r"(?: nur| mehr)?(?: noch)? (?:uber|von) (?P<x>.+)",
        r"uber (?P<x>.+) (?:reden|sprechen)",
        r"(?:konzentrier(?:e)? dich(?: nur)?|achte) auf (?P<x>.+)",
    ),
    anything=r"(?:rede|sprich) uber (?:alles|irgendwas|irgendetwas|was du willst)"
    r"|vergiss (?:das|es)",
    brief=r"(?:fass dich |sei |fassen sie sich )?(?:kurz|kurzer|knapp|knapper)"
    r"|(?:rede|sprich) weniger|weniger (?:details|einzelheiten|reden)|dich kurz fassen",
    detailed=r"(?:sei |rede |sprich )?(?:genauer|ausfuhrlicher|ausfuhrlich|detaillierter)"
    r"|mehr (?:details|einzelheiten)|(?:rede|sprich) mehr|im detail",
    normal=r"(?:in )?normale(?:r)? lange|(?:sei |wieder |rede )*normal",
    idle=r"stop|stopp|halt|ruhe|(?:sei |seien sie )?(?:still|ruhig|leise)|schweig|pause"
    r"|halt (?:den|deinen) mund|klappe|hor auf(?: zu reden)?|aufhoren",
    active=r"(?:mach |machen sie |rede |sprich )?weiter|fang(?:e)? an|start|starte|los|weitermachen"
    r"|weiterreden|anfangen",
    language=(
        r"(?:(?:sprich|rede|sag es|mach weiter|kommentiere) )?auf (?P<x>.+?)"
        r"(?: (?:sprechen|reden|weitermachen))?",
        r"(?:sprich|rede|sprechen sie) (?P<x>.+)",
        r"(?P<x>.+) (?:sprechen|reden)",
    ),
    be=r"sei|spiel|nimm|wechsle zu|wechsel zu|benutze|verwende",
    articles="der|die|das|dem|den|ein|eine|einen|zum|zur",
    kinds="profil|preset|modus",
    undo=r"(?:mach (?:das|es) )?ruckgangig(?: machen)?|wie vorher|wie zuvor|zuruck",
    help=r"hilfe|was kannst du(?: alles| machen| tun)*|was kann ich(?: dir)? sagen",
    replies={
        "focus": "Thema ab jetzt: {}.",
        "anything": "Ich spreche über alles, was geschieht.",
        "brief": "Ab jetzt kurz.",
        "detailed": "Ab jetzt ausführlich.",
        "normal": "Wieder in normaler Länge.",
        "idle": "Ich bin jetzt still.",
        "active": "Ich mache weiter.",
        "language": "Ab jetzt auf Deutsch.",
        "name": "Ab jetzt: {}.",
        "undo": "Wie vorher.",
        "nothing": "Es gibt nichts rückgängig zu machen.",
        "help": "Ich sage, was im Bild geschieht, und beantworte Fragen dazu. Sage mir: rede über "
        "das rote Team; fass dich kurz; ausführlicher; auf Spanisch; stopp; weiter; wie vorher.",
    },
)

SPANISH = Words(
    request=r"(?:puedes|podrias|puede|podria)|quiero que",
    polite=r"por favor|ahora|ya|gracias|oye|hola|vale|de ahora en adelante|pressbox|comentarista"
    r"|un poco|otra vez|de nuevo|ademas|solo",
    joins=r"y|luego|pero",
    focus=(
        r"(?:habla|hable|hablar|comenta|comentar)(?: solo| mas)? (?:de|del|sobre) (?P<x>.+)",
        r"(?:concentrate|concentrarte|centrate|centrarte|enfocate) en (?P<x>.+)",
    ),
    anything=r"habla(?:r)? (?:de|sobre) (?:todo|cualquier cosa|lo que (?:quieras|sea|veas))"
    r"|olvida(?:lo| eso)",
    brief=r"(?:se |ser |se mas |ser mas |mas )?(?:breve|corto|conciso)"
    r"|habla(?:r)? menos|menos detalles?",
    detailed=r"(?:se |ser )?(?:mas )?(?:detallado|detalles|detalle)|con (?:mas )?detalles?"
    r"|habla(?:r)? mas",
    normal=r"(?:longitud |de longitud )?normal",
    idle=r"para|parar|detente|silencio|callate|callarte|calla|pausa|basta|alto"
    r"|deja(?:r)? de hablar|(?:guarda|guardar) silencio|stop",
    active=r"sigue|seguir|continua|continuar|adelante|empieza|empezar|sigue hablando",
    language=(
        r"(?:(?:habla|hable|hablar|dilo|sigue|comenta) )?en (?P<x>.+)",
        r"(?:habla|hable|hablar) (?P<x>.+)",
    ),
    be=r"se|ser|usa|usar|cambia a|cambiar a|pon",
    articles="el|la|un|una|al",
    kinds="perfil|preset|modo",
    undo=r"deshaz(?:lo)?|deshacer|como antes",
    help=r"ayuda|que (?:puedes|sabes) hacer|que puedo decir(?:te)?",
    replies={
        "focus": "Tema desde ahora: {}.",
        "anything": "Hablo de todo lo que pase.",
        "brief": "Desde ahora, breve.",
        "detailed": "Desde ahora, con detalle.",
        "normal": "De nuevo con la longitud normal.",
        "idle": "Me callo.",
        "active": "Sigo.",
        "language": "Desde ahora en español.",
        "name": "Desde ahora: {}.",
        "undo": "Como antes.",
        "nothing": "No hay nada que deshacer.",
        "help": "Digo lo que pasa en la imagen y respondo preguntas. Puedes decirme: habla del "
        "equipo rojo; sé breve; con más detalle; en inglés; para; sigue; como antes.",
    },
)

FRENCH = Words(
    request=r"(?:peux|pourrais) tu|tu (?:peux|pourrais)|(?:pouvez|pourriez) vous|je veux que tu",
    polite=r"s'il te plait|s'il vous plait|stp|svp|maintenant|merci|salut|bonjour|d'accord|pressbox"
    r"|commentateur|desormais|un peu|encore|a nouveau|puis|seulement",
    joins=r"et|puis|mais",
    focus=(
        r"(?:parle|parlez|parler|commente|commenter)(?: seulement| plus)?"
        r" (?:de|du|des|sur) (?P<x>.+)",
        r"(?:concentre toi|te concentrer|concentrez vous) sur (?P<x>.+)",
    ),
    anything=r"parle(?:r)? de (?:tout|n'importe quoi|ce que tu veux|tout et de rien)"
    r"|oublie(?: ca| cela)?",
    brief=r"(?:sois |etre |fais |soyez )?(?:plus )?(?:bref|breve|court|concis)"
    r"|parle(?:r)? moins|moins de details",
    detailed=r"(?:sois |etre )?plus (?:detaille|precis)|(?:(?:avec )?plus de|en) details?"
    r"|parle plus",
    normal=r"(?:longueur |de longueur )?normale?",
    idle=r"arrete(?: de parler| toi)?|arreter|stop|silence|tais toi|te taire|taisez vous|pause"
    r"|chut|ca suffit",
    active=r"continue|continuer|vas y|reprends|reprendre|commence|commencer",
    language=(
        r"(?:(?:parle|parlez|parler|dis le|continue) )?en (?P<x>.+)",
        r"(?:parle|parlez|parler)(?: le| l')? ?(?P<x>.+)",
    ),
    be=r"sois|etre|utilise|utiliser|passe a|passer a|passe au|prends",
    articles="le|la|un|une|l'",
    kinds="profil|preset|mode",
    undo=r"annule(?:r)?(?: ca)?|comme avant",
    help=r"aide|(?:que|qu'est ce que tu) (?:sais|peux)(?: tu)? faire|que puis je(?: te)? dire",
    replies={
        "focus": "Sujet désormais : {}.",
        "anything": "Je parle de tout ce qui se passe.",
        "brief": "Désormais en bref.",
        "detailed": "Désormais en détail.",
        "normal": "De nouveau à la longueur normale.",
        "idle": "Je me tais.",
        "active": "Je continue.",
        "language": "Désormais en français.",
        "name": "Désormais : {}.",
        "undo": "Comme avant.",
        "nothing": "Il n'y a rien à annuler.",
        "help": "Je dis ce qui se passe à l'image et je réponds aux questions. Dis-moi : parle de "
        "l'équipe rouge ; sois bref ; plus de détails ; en anglais ; arrête ; continue ; "
        "comme avant.",
    },
)

WORDS = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH}
