"""Ways to spell a URL so that one reader sees a server that may be called and another does not."""

from collections.abc import Iterator

CONTROL = [chr(code) for code in (*range(0x21), 0x7F, 0x85, 0xA0, 0xAD)]
CONTROL += [
    "\u200b",
    "\u200e",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u3000",
    "\ufeff",
    "\r\n",
    "\r\n\r\n",
]
INJECTED = "\r\nHost: evil.example\r\n\r\n"
DOTS = ("\u3002", "\uff0e", "\uff61", "\u2024", "%2e", "%252e", "..")
SCHEMES = (
    *("file", "ftp", "gopher", "dict", "ldap", "ldaps", "tftp", "sftp", "ws", "wss", "data", "jar"),
    *("javascript", "netdoc", "phar", "php", "smb", "telnet", "view-source", "httpx", "https"),
    *("hTtP+unix", "http+unix", "unix", "blob", "about", "mailto", "\uff48ttp", "http%3a", ""),
)
TRAVERSALS = (
    *("/fhir/../admin", "/fhir/../fhir/../admin", "/fhir/./../admin", "/fhir/..", "/fhir/."),
    *("/fhir/%2e%2e/admin", "/fhir/%2E%2E%2Fadmin", "/fhir/.%2e/admin", "/fhir/%252e%252e/admin"),
    *("/fhir/..%2fadmin", "/fhir/..%252fadmin", "/fhir/..;/admin", "/fhir/..;x=1/admin"),
    *("/fhir/..\\admin", "/fhir\\..\\admin", "/fhir/%5c..%5cadmin", "/fhir/..%5cadmin"),
    *("/fhir/..%c0%af/admin", "/fhir/%c0%ae%c0%ae/admin", "/fhir/\uff0e\uff0e/admin"),
    *("/fhir//admin", "//fhir/x", "/fhir/x//../../admin", "/fhir;/../admin", "/fhir;x/admin"),
    *("/FHIR/x", "/fhirx", "/fhir.evil/x", "/fhir-x", "/fhi", "/", "", "/admin", "/admin/fhir"),
    *("/%66hir/x", "/fhir%2fx", "/fhir%00/x", "/fhir/x%00.json", "/fhir/x#/../admin", "/fhir#x"),
    *("/fhir/{x}", "/fhir/<x>", '/fhir/"x"', "/fhir/^x", "/fhir/`x`", "/fhir/[x]", "/fhir/x|y"),
    *("/admin?/fhir/x", "/admin?x=/fhir", "/admin#/fhir/x", "/admin;/fhir/x", "/\u2215fhir/x"),
)
NAMES = (
    "\uff4cocalhost",
    "\u24dbocalhost",
    "loca\u217chost",
    "localho\u017ft",
    "LOCALHOST.",
    "local-host",
)
OTHERS = (
    "evil.example",
    "localhost.evil.example",
    "evil.example.",
    "xn--lcalhost-4wa",
    "lоcalhost",
)


def addresses(dotted: str) -> Iterator[str]:
    """An IPv4 address in every notation that something reads as one."""
    parts = [int(part) for part in dotted.split(".")]
    number = int.from_bytes(bytes(parts))
    wide = str.maketrans(
        "0123456789", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"
    )
    ringed = str.maketrans(
        "0123456789", "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468"
    )
    arabic = str.maketrans(
        "0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
    )
    yield dotted
    yield f"{dotted}."
    yield from (dotted.replace(".", dot) for dot in DOTS)
    yield from (dotted.translate(digits) for digits in (wide, ringed, arabic))
    yield from (f"{number}", f"{number}.", f"0x{number:x}", f"0X{number:X}", f"0{number:o}")
    yield f"{number + 2**32}"
    yield ".".join(f"{part:#x}" for part in parts)
    yield ".".join(f"0{part:o}" for part in parts)
    yield ".".join(f"{part:03}" for part in parts)
    yield ".".join(f"{part + 256}" for part in parts)
    yield f"{parts[0]}.{number & 0xFFFFFF}"
    yield f"{parts[0]}.{parts[1]}.{number & 0xFFFF}"
    yield f"0x{parts[0]:x}.0{parts[1]:o}.{number & 0xFFFF}"
    yield f"{dotted}%00"
    yield "".join(f"%{ord(letter):02x}" for letter in dotted)
    high, low = number >> 16, number & 0xFFFF
    for before in ("::ffff:", "::", "::ffff:0:", "64:ff9b::", "2002:", "0:0:0:0:0:ffff:", "fe80::"):
        yield f"[{before}{high:x}:{low:x}]"
        yield f"[{before}{dotted}]"
    yield f"[::ffff:{dotted}%25lo]"
    yield f"[::ffff:{dotted}"
    yield f"::ffff:{dotted}"
    yield f"{dotted}.nip.io"


def spellings(host: str, port: int, other: int) -> Iterator[str]:
    """URLs that look, to someone, like one under http://host:port/fhir, and are not.

    `other` is a port of this computer where something listens that must never be called.
    """
    good, evil = f"{host}:{port}", f"127.0.0.1:{other}"
    yield from _userinfo(good, evil)
    for address in ("127.0.0.1", "169.254.169.254"):
        for each in addresses(address):
            yield f"http://{each}:{other}/fhir/Patient/p1"
            yield f"http://{each}/fhir"
    for each in ("[::1]", "[::]", "0", "0.0.0.00", "127.1", "[fd00:ec2::254]", *NAMES, *OTHERS):
        yield f"http://{each}:{port}/fhir/Patient/p1"
    yield from (f"{scheme}://{good}/fhir/Patient/p1" for scheme in SCHEMES)
    yield from (f"{scheme}:{good}/fhir" for scheme in (*SCHEMES, "http"))
    yield from (
        f"http:{slashes}{good}/fhir" for slashes in ("/", "///", "\\\\", "/\\", "\\/", "////")
    )
    yield from (f"http://{good}{path}" for path in TRAVERSALS)
    for port_spelled in (other, 0, -1, 65536, 99999, f"0{port}", f"+{port}", f" {port}", "", "x"):
        yield f"http://{host}:{port_spelled}/fhir/Patient/p1"
    for control in (*CONTROL, INJECTED):
        yield f"{control}http://{good}/fhir/Patient/p1"
        yield f"http://{host}{control}:{port}/fhir/Patient/p1"
        yield f"http://{good}{control}/fhir/Patient/p1"
        yield f"http://{good}/fhir/Patient{control}/p1"
        yield f"http://{good}/fhir/Patient?x={control}y"
        yield f"http://{good}/fhir/Patient/p1{control}"
    yield f"http://{good}/fhir/" + "a" * 20_000
    yield "http://" + "a" * 300 + ".example/fhir"


def _userinfo(good: str, evil: str) -> Iterator[str]:
    for between in (
        "@",
        "\\@",
        "#@",
        "?@",
        ";@",
        "%40",
        "%2540",
        ":@",
        ":x@",
        "&@",
        "%00@",
        " @",
        ",@",
    ):
        yield f"http://{good}{between}{evil}/fhir/Patient/p1"
        yield f"http://{evil}{between}{good}/fhir/Patient/p1"
    for between in (
        "\\",
        "#",
        "?",
        "/",
        "%2f",
        "%5c",
        "%23",
        "%3f",
        "\\\\",
        ";",
        "\t",
        "%0d%0a",
        "|",
    ):
        yield f"http://{evil}{between}.{good}/fhir"
        yield f"http://{evil}{between}{good}/fhir"
    yield f"http://@{good}/fhir/Patient/p1"
    yield f"http://user@{good}/fhir/Patient/p1"
    yield f"http://user:pw@{good}/fhir/Patient/p1"
    yield f"http://{evil}/fhir/Patient/p1"
    yield f"http://[{good}]/fhir"
    yield f"//{good}/fhir/Patient/p1"
    yield "/fhir/Patient/p1"
    yield "Patient/p1"
    yield ""
