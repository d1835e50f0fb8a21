"""What the plugin repeats of Wireshark's own declarations, held against the Wireshark that is installed.

packet-tls-utils.h declares what tls.c calls, but wants headers of libgcrypt and GnuTLS, which users need not have; the bits of
tcp_analysis have names in packet-tcp.c only; the record of the credentials tap is in a header that nobody installs
(test_auth.py reads what tshark makes of it).
"""

import re
import subprocess

from dialogue import C, Capture, S

# As much of libgcrypt as the header names.
GCRYPT = """
typedef struct gcry_cipher_handle *gcry_cipher_hd_t;
typedef struct gcry_md_handle *gcry_md_hd_t;
typedef struct gcry_mac_handle *gcry_mac_hd_t;
typedef struct gcry_sexp *gcry_sexp_t;
typedef struct gcry_mpi *gcry_mpi_t;
typedef unsigned int gcry_error_t;
"""


def declared(source):
    """The functions of Wireshark's that tls.c declares itself."""
    text = (source / "plugin/epan/wire/tls.c").read_text()
    return re.findall(r"^extern [^;]*\bssl_\w+\([^;]*;", text, re.MULTILINE)


def compiled(folder, *declarations):
    """What the compiler says of these declarations after the header's own."""
    folder.mkdir(exist_ok=True)
    (folder / "gcrypt.h").write_text(GCRYPT)
    (folder / "copies.c").write_text("\n".join((
        "#include <stdint.h>", "#include <ws_version.h>", "#include <ws_symbol_export.h>", "#include <epan/packet.h>",
        "#include <epan/dissectors/packet-tls-utils.h>", *declarations, "")))
    flags = subprocess.run(["pkg-config", "--cflags", "wireshark"], check=True, capture_output=True, text=True).stdout.split()
    return subprocess.run(["gcc", "-std=gnu11", "-fsyntax-only", f"-I{folder}", *flags, str(folder / "copies.c")],
                          capture_output=True, text=True, check=False)


def test_functions_of_tls_are_as_the_header_has_them(source, tmp_path):
    copies = declared(source)
    assert len(copies) == 2, copies
    said = compiled(tmp_path / "same", *copies)
    assert said.returncode == 0, said.stderr
    other = compiled(tmp_path / "other", *(copy.replace("packet_info *pinfo, ", "") for copy in copies))
    assert other.stderr.count("conflicting types") == 2, other.stderr


def test_decrypted_records_are_as_the_header_has_them(source, tmp_path):
    """ws_compat.h repeats the beginning of two structures: each member lies where TLS puts it."""
    text = (source / "plugin/epan/ws_compat.h").read_text()
    macro = re.search(r"#define ESMTP_WS_AT_LEAST\(.*\n.*", text)[0]
    copy = re.search(r"^typedef struct esmtp_tls_record \{.*?\} esmtp_tls_packet_t;", text, re.DOTALL | re.MULTILINE)[0]
    members = ["plain_data", "data_len", "id", "type", "flow", "seq", "next"]
    places = [f"_Static_assert(offsetof(SslRecordInfo, {name}) == offsetof(esmtp_tls_record_t, {name}), \"{name}\");"
              for name in members]
    places.append("_Static_assert(offsetof(SslPacketInfo, records) == offsetof(esmtp_tls_packet_t, records), \"records\");")
    said = compiled(tmp_path / "same", "#include <stddef.h>", macro, copy, *places)
    assert said.returncode == 0, said.stderr
    other = compiled(tmp_path / "other", "#include <stddef.h>", macro, copy.replace("void *flow;", ""), *places)
    assert "static assertion failed" in other.stderr


def test_bits_of_a_connection_watched_from_its_opening(source, tshark):
    """stream.c asks two bits of conversation_completeness whether a SYN was seen; tcp.completeness shows that member."""
    text = (source / "plugin/epan/wire/stream.c").read_text()
    opening = int(re.search(r"#define SEEN_OPENING (0x\w+)", text)[1], 16)
    steps = [S("220 mx.example ESMTP\r\n"), C("EHLO a.example\r\n"), S("250 mx.example\r\n")]
    seen = {}
    for name, options in {"watched": {}, "joined": {"handshake": False}}.items():
        capture = Capture()
        capture.add(steps, **options)
        seen[name] = {int(value) & opening for row in tshark.fields(capture, ["tcp.completeness"], two_pass=True)
                      for value in row["tcp.completeness"][:1]}
    assert seen == {"watched": {opening}, "joined": {0}}
