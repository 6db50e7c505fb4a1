"""The check digits by which a mistyped code is found: LOINC's mod 10 and SNOMED CT's Verhoeff."""

# Verhoeff's dihedral group of ten elements, and the permutation by position.
_PRODUCT = [
    [(i + j) % 5 + 5 * (j > 4) if i < 5 else (i - j) % 5 + 5 * (j < 5) for j in range(10)]
    for i in range(10)
]
_PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def has_verhoeff_check_digit(code: str) -> bool:
    state = 0
    for place, digit in enumerate(reversed(code)):
        moved = int(digit)
        for _ in range(place % 8):
            moved = _PERMUTATION[moved]
        state = _PRODUCT[state][moved]
    return state == 0


def has_mod_10_check_digit(code: str) -> bool:
    body, digit = code.split("-")
    values = [ord(character) - ord("0") for character in reversed(body)]
    doubled = sum(2 * value - value // 5 * 9 for value in values[::2])
    return (-doubled - sum(values[1::2])) % 10 == int(digit)
