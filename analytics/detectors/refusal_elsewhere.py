"""Plain refusals in thirteen languages besides English: an apology or "as an AI", then that one cannot help."""

from __future__ import annotations

import re
from typing import Final

_LOOKED_AT: Final = 200
_GAP: Final = r"[^.!?\n]{0,60}"
_LATIN: Final = {
    "German": (
        r"tut mir (?:sehr )?leid|entschuldig\w+|leider|als (?:KI|ein[e ]?\w* ?(?:Sprachmodell|KI))",
        r"(?:kann|darf|werde|möchte)\b" + _GAP + r"(?:nicht|keine?[nr]?|nichts)",
        r"helfen|weiterhelfen|beantworten|unterstützen|erstellen|schreiben|geben|bereitstellen|anbieten|behilflich",
    ),
    "French": (
        r"désolée?|navrée?|excuse\w*|malheureusement|en tant qu",
        r"(?:ne |n')(?:peux|puis|suis|pourrai|souhaite)\b" + _GAP,
        r"aider|répondre|fournir|assister|créer|donner|écrire|satisfaire|autorisée?|discuter",
    ),
    "Spanish": (
        r"lo siento|lamento|disculp\w+|lamentablemente|como (?:un |una )?(?:modelo|IA|asistente)",
        r"no (?:puedo|podré|me es posible|estoy (?:en condiciones|autorizad\w))" + _GAP,
        r"ayudar\w*|proporcionar\w*|asistir\w*|responder|cumplir|ofrecer|crear|escribir|dar\w*|hablar",
    ),
    "Portuguese": (
        r"desculp\w+|sinto muito|lamento|infelizmente|como (?:um |uma )?(?:modelo|IA|assistente)",
        r"não (?:posso|poderei|consigo|estou autorizad\w)" + _GAP,
        r"ajudar|fornecer|auxiliar|responder|atender|oferecer|criar|escrever|dar|discutir",
    ),
    "Italian": (
        r"mi dispiace|spiacente|purtroppo|mi scuso|come (?:un )?(?:modello|IA|assistente)",
        r"non (?:posso|potrò|sono in grado|mi è possibile)" + _GAP,
        r"aiutar\w*|fornir\w*|assister\w*|risponder\w*|soddisfare|offrire|creare|scrivere|dare|discutere",
    ),
    "Dutch": (r"het spijt me|sorry|helaas|als (?:AI|taalmodel)", r"(?:kan|mag|zal)\b" + _GAP + r"(?:niet|geen)",
              r"helpen|beantwoorden|geven|schrijven|maken|bieden|ondersteunen"),
    "Polish": (r"przepraszam|przykro mi|niestety|jako (?:model|AI)", r"nie (?:mogę|będę|jestem w stanie)" + _GAP,
               r"pomóc|odpowiedzieć|udzielić|napisać|stworzyć|podać|spełnić"),
    "Turkish": (r"üzgünüm|maalesef|özür dilerim|bir yapay zeka", _GAP,
                r"yardımcı olamam|yardım edemem|veremem|sağlayamam|yapamam|yanıtlayamam|yazamam"),
}  # fmt: skip
_OTHER: Final = {
    "Chinese": r"(?:抱歉|对不起|對不起|很遗憾|很遺憾|作为(?:一个|一名)?(?:AI|人工智能|语言模型))[^。！？\n]{0,40}"
    r"(?:无法|無法|不能|不会|不會|没办法)"
    r"[^。！？\n]{0,30}(?:提供|帮助|幫助|协助|協助|回答|满足|支持|生成|完成|讨论|参与)",
    "Japanese": r"(?:申し訳|すみません|恐れ入り|ごめん|残念ながら)[^！？\n]{0,60}"
    r"(?:お答え|お手伝い|お応え|対応|提供|お受け|回答|支援|協力)[^。\n]{0,12}"
    r"(?:できません|致しかねます|いたしかねます|できかねます)",
    "Korean": r"(?:죄송|미안|유감)[^\n]{0,60}(?:도와|도움|제공|답변|응답|작성|지원)"
    r"[^.\n]{0,14}(?:수 없|수는 없|어렵습니다|않습니다)",
    "Russian": r"(?i:извините|простите|к сожалению|сожалею|как (?:ИИ|языковая модель))[^.!?\n]{0,60}(?i:не (?:могу"
    "|буду|"
    r"в состоянии))[^.!?\n]{0,60}(?i:помо|ответ|предостав|выполн|обсужд|созда|напис)",
    "Arabic": r"(?:آسف|عذر|للأسف|أعتذر)[^.؟\n]{0,60}لا (?:أستطيع|يمكنني)[^.؟\n]{0,40}(?:مساعد|تقديم|الإجاب|تلبية"
    "|كتابة)",
    "Hindi": r"(?:क्षमा|माफ़|माफ|खेद)[^।\n]{0,60}(?:मदद|सहायता|प्रदान|उत्तर|जवाब)[^।\n]{0,20}नहीं[^।\n]{0,10}सकत",
}
_BUSINESS: Final = re.compile(
    r"(?i)erstatt|bestell|gutschein|storn|rechnung|rembours|commande|réservation|reembols|pedido|reserva|rimbors"
    r"|ordine|"
    r"prenotazion|terugbetal|bestelling|zwrot|zamówien|iade|sipariş|возврат|заказ|退款|订单|返金|注文|환불|주문"
)


def declined(text: str) -> tuple[str, int, int] | None:
    """Language, start and end of a refusal at the beginning of an answer; None where there is none that is known.

    >>> declined("Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.")
    ('German', 3, 55)
    >>> declined("Es tut mir leid, die Rückerstattung kann ich Ihnen nicht geben.") is None
    True
    """
    beginning = text[:_LOOKED_AT]
    if _BUSINESS.search(beginning):
        return None
    for language, pattern in _PATTERNS.items():
        if match := pattern.search(beginning):
            return language, match.start(), match.end()
    return None


_PATTERNS: Final = {
    **{
        name: re.compile(rf"(?i)\b(?:{sorry}){_GAP}\b{cannot}{_GAP}?\b(?:{help_})\b")
        for name, (sorry, cannot, help_) in _LATIN.items()
    },
    **{name: re.compile(pattern) for name, pattern in _OTHER.items()},
}
