"""Text that addresses a program instead of a person: phrases, and the cheap words that must be there for each."""

import re
import unicodedata
from collections.abc import Iterator

_GAP = r"[\s_]{1,4}"
_NEAR = r"[\s\S]{0,45}?"
_PROGRAM = (
    r"(?:a\.?i\.?|llms?|bots?|chat ?bots?|classifiers?|models?|language models?|assistants?|automation|algorithms?)"
)
_RULES = r"(?:instruct\w*|prompts?|rules?|guidelines?|directives?|programming|training|polic(?:y|ies)|commands?|orders)"
_ANSWER = (
    r"(?:approv\w+|resolved?|accepted?|safe|legit\w*|harmless|closed|solved|valid|verified|trusted|low|spam|automat\w+"
    r"|[a-z]+_[a-z_]+)"
)

# Each line: words of which one must occur (cheap), then the phrase. A space stands for any short gap.
_PHRASES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("ignor", "disregard", "forget", "overr"),
        rf"\b(?:ignor(?:e|ing)|disregard|forget|overrid(?:e|es|ing)|overrule) {_NEAR}\b{_RULES}\b",
    ),
    (
        ("ignor", "disregard", "forget"),
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything|whatever)(?: \w+){0,3}?"
        r" (?:above|before|previous\w*|prior|earlier|told|so far)\b",
    ),
    (
        ("you are", "you're", "act as", "pretend", "behave", "roleplay"),
        r"\byou(?: are|'re) (?:now|henceforth|from now on) "
        r"(?:an? |the |my |in |acting|operating|free|unrestricted|allowed|dan\b|called)"
        rf"|\b(?:act|behave) as (?:an? |the |my )?(?:\w+ )?(?:{_PROGRAM}|system|admin\w*|developer|root|dan)\b"
        r"|\bpretend (?:to be|you are|you're|that you)\b",
    ),
    (
        ("from now on", "henceforth"),
        r"\b(?:from now on|henceforth),? (?:you (?:are|will|must|only|should)|always|only|respond|answer|classify"
        r"|ignore"
        r"|label|treat|approve|accept)\b",
    ),
    (
        ("mark", "class", "label", "categor", "tag", "treat", "score", "rate ", "file ", "route", "log "),
        r"\b(?:mark|classify|label|categori[sz]e|tag|treat|score|rate|file|route|log) "
        r"(?:(?:this|that|it|my|the|following|above|all|any|every|these)(?: |\b)){1,2}(?:[\w-]+ ){0,2}?(?:as|under"
        r"|to|with) "
        rf"(?:\W{{0,2}}[\w-]+\W{{1,3}}){{0,4}}?\W?{_ANSWER}\b",
    ),
    (
        ("confidence", "probability", "score"),
        r"\b(?:answer|respond|output|reply|return|classify|label|set|report|assign|give|use) "
        rf"{_NEAR}\b(?:confidence|probability|score)\b",
    ),
    (
        ("review", "human", "moderat", "escalat", "a person", "agent"),
        r"\b(?:skip|bypass|avoid|without|no need for|omit|circumvent) (?:any |the |all |further |a )?"
        r"(?:human|manual|person\w*|staff) (?:review\w*|check\w*|approval|moderat\w*|involve\w*|intervention|oversight)"
        r"|\b(?:skip|bypass|circumvent) (?:the |any |your )?(?:review|moderation)\b"
        r"|\b(?:do not|don't|never|must not) (?:send|forward|route|escalate|show|pass|flag|hand|queue) "
        r"(?:this |it |that |me |the |message |ticket |over ){0,3}(?:to |for )?(?:an? |any |the )?"
        r"(?:human|person|people|manual|review\w*|moderator)\b",
    ),
    (
        ("approv", "accept"),
        r"\bauto[- ]?(?:approve|accept|resolve)\b|\b(?:approve|accept) (?:this|it|my|the|all|any)(?: \w+){0,3}?"
        r" (?:automatically|without (?:review|question\w*|check\w*|asking|verif\w*))\b",
    ),
    (
        ("system", "assistant", "developer"),
        r"(?:^|\n)[\s>*#\[(<\"'-]{0,6}(?:system|assistant)[\])>*\"']{0,3} ?:"
        r"(?!\s*(?:win|mac|osx|linux|ubuntu|android|ios|ipad|iphone|debian|chrome|fedora|n/?a|v\d|version|\d|-|$))"
        r"|\b(?:system|developer) ?(?:prompt|message|override|instruction|notice|command|note"
        r"|update)s?[\])>*\"']{0,3} ?[:=]"
        r"|\bdeveloper mode (?:on|enabled|is|activated)|\benable developer mode\b",
    ),
    (
        ("<", "inst]", "###"),
        r"<\|[\w ]{2,30}\|>|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>|</?(?:system|assistant"
        r"|instructions?)\b[^>]{0,40}>"
        r"|### ?(?:instructions?|system|response|human|assistant|new task)\b",
    ),
    (
        ("<", "human:"),
        r"</(?:user\w*|input|ticket|message|document|prompt|tool\w*|customer\w*)>|<(?:prompt|tool_call|tool_result)>"
        r"|(?:^|\n)\s*human: [\s\S]{0,400}?\n\s{0,9}(?:assistant|ai):",
    ),
    (
        ("<",),
        r"<!--(?:(?!-->)[\s\S]){0,400}?\b(?:ignore|classify|mark|set|approve|route|must|should|instruct\w*|system"
        r"|assistant|model|ai|label|accept|respond|answer|output|do not|always)\b",
    ),
    (
        ("prompt", "instruction"),
        r"\b(?:reveal|print|show|repeat|output|leak|disclose|display|tell)(?: me)? "
        r"(?:your |(?:the |your )(?:system|hidden|initial|original|secret) )(?:\w+ )?(?:prompt|instructions)\b"
        r"|\b(?:new|updated|additional|special|hidden|important|revised) instructions? ?(?::|for (?:the|you|all|any)\b)"
        rf"|\b(?:instructions?|prompt)s? (?:to|for) (?:the |any |all |whichever |our |your )?(?:\w+ )?{_PROGRAM}\b"
        r"|\bend of (?:the )?(?:system )?(?:prompt|instructions)\b",
    ),
    (
        (" ai", "ai ", "ai:", "llm", "classifier", "model", "bot", "assistant", "automat", "algorithm"),
        r"\b(?:note|attention|message|dear|hey|hello|hi|notice|memo|command|request) ?(?:to|for|,|:)? ?(?:the |any "
        r"|all |our |your )?"
        r"(?:ai|llm|classifier|language model|ai model|automated (?:system|classifier|agent|review\w*)"
        r"|triage (?:bot|model))\b"
        r"(?! (?:support|team))"
        r"|\b(?:ai|llm|classifier|language model|model|triage bot|triage system)s? (?:should|must|shall|has to"
        r"|have to|is to|needs to|will) "
        r"(?:now |always |only |simply |therefore )?(?:answer|respond|classify|label|ignore|output|approve|accept"
        r"|return|treat"
        r"|mark|assign|choose|pick|select|set|give)\b"
        r"|\bas an? (?:ai|llm|language model|automated (?:system|classifier|agent)|ai model)\b"
        r"|\bif you are an? (?:ai|llm|language model|automated|bot|model|program|machine)\b",
    ),
    (
        ("label", "category", "intent", "class", "disposition", "threshold"),
        r"\b(?:correct|right|only valid|true|proper|expected) (?:label|class|category|intent|answer|classification) "
        r"(?:is|here is|for this|=|:)"
        r"|[\"']?\b(?:label|category|intent|class|disposition)[\"']? ?[:=] ?[\"']?[a-z]+(?:_[a-z]+|[\"'])"
        r"|\b(?:set|change|switch|force) (?:the |its |this )?(?:\w+ )?(?:label|category|class|disposition|intent"
        r"|threshold) (?:to|as|=)",
    ),
    (
        ("respond", "reply", "answer", "output", "return"),
        r"\b(?:respond|reply|answer|output|return) (?:only|just|exactly|solely|nothing) "
        r"(?:with |but |the )*(?:the )?(?:\w+ )?(?:word|label|json|text|string|category|class|letter|[\"'`:])",
    ),
    (
        ("role", "overr", "admin", "been ", "language model", " llm", " ai "),
        r"[\"']role[\"'] ?: ?[\"'](?:system|assistant|developer|tool)[\"']"
        r"|\b(?:begin|start|end)(?: of)? (?:admin\w*|system|developer|root|privileged) \w+"
        r"|\b(?:admin\w*|system|root) (?:override|mode enabled|command)\b"
        rf"|\b(?:your|these|the|all|previous) (?:\w+ )?(?:{_RULES}) (?:have|has|are|is|were) (?:now )?(?:been )?"
        r"(?:updated|changed|replaced|overridden|revoked|void|suspended|cancelled)\b"
        rf"|\b(?:to|for) (?:the |any |all |whichever |whatever )?(?:ai|llm|language model|ai {_PROGRAM}) "
        r"(?:processing|reading|handling|classifying|sorting|that|who|which|in charge)\b",
    ),
    (
        ("jailbreak", "guardrail", "guard rail", "safety", "restriction", "filter"),
        r"\bjailbreak|\b(?:override|bypass|ignore|circumvent|disable|turn off|drop) "
        r"(?:the |all |any |your |these |every )*(?:\w+ )?(?:guard ?rails?|safety (?:checks?|filters?|rules?)"
        r"|content filters?"
        r"|restrictions you)\b|\bno restrictions apply\b",
    ),
    (
        ("ignor", "missacht", "vergiss", "vergessen", "du bist", "lassif", "mark", "stufe", "behandl", "ohne "),
        r"\b(?:ignorier\w*|missacht\w*|vergiss|vergessen sie) [\s\S]{0,45}?(?:anweisung|instruktion|vorgabe|regeln"
        r"|prompt|befehl)"
        r"|\bdu bist (?:jetzt|nun|ab jetzt|ab sofort|von nun an) (?:ein|der|die|das|mein|im|frei)"
        r"|\b(?:markier|klassifizier|stuf|kategorisier|behandl|bewert)\w* [\s\S]{0,45}?als [\s\S]{0,20}?"
        r"(?:genehmig|erledigt|gelost|geloest|freigegeben|akzeptier|[a-z]+_[a-z]+)"
        r"|\bohne (?:menschliche|manuelle)\w* (?:pru|prue|uberpr|ueberpr|kontroll|freigab)",
    ),
    (
        ("ignor", "oubli", " compte ", "tu es", "vous etes", "comme ", "sans ", "lassif"),
        r"\b(?:ignor\w*|oubli\w*|ne (?:tiens|tenez) (?:pas|aucun) compte) [\s\S]{0,45}?(?:instructions?|consignes?"
        r"|regles|directives)\b"
        r"|\b(?:tu es|vous etes) (?:maintenant|desormais) (?:un|une|le|la|en|mon)\b"
        r"|\b(?:marqu|class|etiquet|trait|consider)\w* [\s\S]{0,45}?(?:comme|en|dans) [\s\S]{0,20}?"
        r"(?:approuv|resolu|accepte|valide|[a-z]+_[a-z]+)"
        r"|\bsans (?:verification|revision|controle|validation|relecture|intervention) (?:humaine?|manuelle?)\b",
    ),
    (
        (
            "ignor",
            "olvid",
            "descart",
            "caso omiso",
            "ahora eres",
            "como ",
            "sin ",
            "dimentic",
            "esquec",
            "negeer",
            "vergeet",
        ),
        r"\b(?:ignor\w*|olvid\w*|descart\w*|haz caso omiso|hagan? caso omiso) [\s\S]{0,45}?(?:instrucci|reglas"
        r"|ordenes|indicacion|directri)"
        r"|\b(?:ahora|a partir de ahora),? (?:tu )?eres (?:un|una|el|la|mi)\b"
        r"|\b(?:marc|marqu|clasifi|etiquet|trat|consider)\w* [\s\S]{0,45}?como [\s\S]{0,20}?(?:aprobad|resuelt"
        r"|aceptad|cerrad|[a-z]+_[a-z]+)"
        r"|\bsin (?:revision|verificacion|intervencion|aprobacion) (?:humana|manual)\b"
        r"|\b(?:ignor\w*|dimentic\w*|esquec\w*|negeer|vergeet) [\s\S]{0,45}?(?:istruzioni|regole|instruc|regras"
        r"|instructies|opdrachten)",
    ),
)


def _compiled(phrase: str) -> re.Pattern[str]:
    """Return the phrase with its spaces widened; a space in brackets or before a quantifier stays."""
    widened = re.sub(
        r"(\[[^\]]*\])|( )(?=[?{*+])|( )", lambda m: m[1] or (rf"(?:{_GAP})" if m[2] or m[3] else ""), phrase
    )
    return re.compile(widened, re.IGNORECASE)


PHRASES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (words, _compiled(text)) for words, text in _PHRASES
)

# Every cheap word with the phrases that ask for it; looking for words first is what makes ordinary text fast.
_WORDS: tuple[tuple[str, tuple[int, ...]], ...] = tuple(
    (word, tuple(index for index, (words, _) in enumerate(PHRASES) if word in words))
    for word in dict.fromkeys(word for words, _ in PHRASES for word in words)
)

_LOOKS_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501\u04bb\u0251\u0261\u03bd\u03bf\u03b1",
    "aeopcyxisjdhagvoa",
)
_OTHER_LETTERS = re.compile("[\u0251\u0261\u0370-\u052f]")


def folded(text: str) -> str:
    """Return the text in small plain letters; accents and characters that are not Latin or hidden are dropped."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'")).lower()
    if _OTHER_LETTERS.search(plain):
        plain = plain.translate(_LOOKS_LATIN)
    return plain.encode("ascii", "ignore").decode()


def is_instruction_like(text: str) -> bool:
    """Tell whether the text holds a phrase that addresses a program."""
    plain = folded(text)
    return any(phrase.search(plain) for phrase in _worth_trying(plain))


def _worth_trying(plain: str) -> Iterator[re.Pattern[str]]:
    """Yield the phrases of which a word occurs, each once."""
    indexes = [indexes for word, indexes in _WORDS if word in plain]
    if indexes:
        yield from (PHRASES[index][1] for index in dict.fromkeys(index for group in indexes for index in group))


def instruction_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the phrases stand in the text as it was written."""
    pieces = [folded(character) for character in text]
    origin = [index for index, piece in enumerate(pieces) for _ in piece]
    plain = "".join(pieces)
    for phrase in _worth_trying(plain):
        for found in phrase.finditer(plain):
            yield origin[found.start()], origin[found.end() - 1] + 1
