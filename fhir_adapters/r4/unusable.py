"""The one way a datum is refused while it is read."""

from fhir_adapters.record import DropCode, UnitlessNumber


class Unusable(Exception):
    """A resource, or a part of one, that must not be used; `text` identifies nobody.

    `value` is the number that is refused as implausible, in the unit of its concept; `number` is
    one that is refused because of its unit.
    """

    def __init__(
        self,
        code: DropCode,
        text: str,
        value: float | None = None,
        number: UnitlessNumber | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.value = value
        self.number = number
