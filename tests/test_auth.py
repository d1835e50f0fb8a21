"""Logins: what each mechanism says, attempts and their outcome, secrets, credentials, wrong input.

Examples named after an RFC are that RFC's own words, spoken to a mail server.
"""

import base64
import hashlib
import hmac
import itertools
import re
from dataclasses import replace

import pytest

from dialogue import (C, Capture, S, cut_everywhere, random_cuts, script, segments_of,
                      single_octets)
from tls import secure

MECHANISMS = ("PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-224"
              " SCRAM-SHA-256 SCRAM-SHA-384 SCRAM-SHA-512 XOAUTH2 OAUTHBEARER NTLM GSSAPI"
              " GSS-SPNEGO EXTERNAL ANONYMOUS X-OTHER")


def b64(octets):
    return base64.b64encode(octets.encode() if isinstance(octets, str) else octets).decode()


def hello(offer=MECHANISMS):
    return script(f"""
        S: 220 mx.example ESMTP
        C: EHLO client.example
        S: 250-mx.example
        S: 250-AUTH {offer}
        S: 250 ENHANCEDSTATUSCODES
    """)


def login(text, offer=MECHANISMS):
    """A session with this login; what stands in {braces} is sent in base64.

    A 334 of no octets has the blank that RFC 4954 wants after it.
    """
    lines = re.sub(r"\{(.*?)\}", lambda found: b64(found[1].encode().decode("unicode_escape")
                                                   .encode("latin-1")), text)
    return hello(offer) + [replace(step, data=step.data.replace(b"334\r\n", b"334 \r\n"))
                           for step in script(lines)]


def values(tshark, dialogues, names, **options):
    """For each dialogue {field: [values]}."""
    capture = Capture()
    capture.add_all(dialogues)
    found = tshark.lists(capture, names, **options)
    return [found[stream] for stream in range(len(dialogues))]


# --- Mechanisms -------------------------------------------------------------------------------


NTLM_1 = "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAFASgKAAAADw=="
NTLM_2 = b64(b"NTLMSSP\0\2\0\0\0\x0c\0\x0c\0\x38\0\0\0\x05\x82\x8a\xa2\1\2\3\4\5\6\7\x08" + bytes(8)
             + bytes(8) + bytes(8) + "DOMAIN".encode("utf-16-le"))
_NAMES = [name.encode("utf-16-le") for name in ("DOMAIN", "alice", "HOST")]
NTLM_3 = b64(b"NTLMSSP\0\3\0\0\0"
             + b"\x18\0\x18\0\x5a\0\0\0" + b"\x18\0\x18\0\x72\0\0\0"
             + b"\x0c\0\x0c\0\x40\0\0\0" + b"\x0a\0\x0a\0\x4c\0\0\0" + b"\x08\0\x08\0\x56\0\0\0"
             + b"\0\0\0\0\x8a\0\0\0" + b"\x05\x82\x88\xa2"
             + b"".join(_NAMES) + bytes(range(52)))

KRB5 = bytes.fromhex("60 1b 06 09 2a864886f712010202 0100") + bytes(14)
SPNEGO_1 = bytes.fromhex("60 1c 06 06 2b0601050502 a0 12 30 10 a0 0e 30 0c"
                         "06 0a 2b06010401823702020a")
SPNEGO_2 = bytes.fromhex("a1 07 30 05 a0 03 0a 01 00")

JWT = (".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in
                (b'{"alg":"RS256"}', b'{"sub":"someuser@example.com"}', b"signature")))

# name: (login, {field without smtp.auth.: values})
EXAMPLES = {
    "PLAIN, RFC 4954, initial response": (r"""
        C: AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=
        S: 235 2.7.0 Authentication successful
    """, {"mechanism": ["PLAIN"] * 2, "authzid": ["test"], "username": ["test"],
          "password": ["1234"], "username_password": ["dGVzdAB0ZXN0ADEyMzQ="],
          "outcome": ["succeeded"], "user": ["test"], "attempt": ["1"] * 2}),
    "PLAIN, RFC 4954, without": (r"""
        C: AUTH PLAIN
        S: 334
        C: dGVzdAB0ZXN0ADEyMzQ=
        S: 235 2.7.0 Authentication successful
    """, {"mechanism": ["PLAIN"] * 4, "authzid": ["test"], "username": ["test"],
          "password": ["1234"], "username_password": ["dGVzdAB0ZXN0ADEyMzQ="],
          "outcome": ["succeeded"], "user": ["test"], "attempt": ["1"] * 4}),
    "PLAIN, RFC 4616": (r"""
        C: AUTH PLAIN {\0tim\0tanstaaftanstaaf}
        S: 535 5.7.8 no
    """, {"authzid": [], "username": ["tim"], "password": ["tanstaaftanstaaf"],
          "outcome": ["failed"], "user": ["tim"]}),
    "PLAIN, RFC 4616, authzid": (r"""
        C: auth plain {Ursel\0Kurt\0xipj3plmq}
        S: 235 ok
    """, {"mechanism": ["PLAIN"] * 2, "authzid": ["Ursel"], "username": ["Kurt"],
          "password": ["xipj3plmq"], "response": []}),
    "LOGIN": (r"""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {tim}
        S: 334 UGFzc3dvcmQ6
        C: {tanstaaftanstaaf}
        S: 235 ok
    """, {"username": ["tim"], "password": ["tanstaaftanstaaf"], "user": ["tim"],
          "challenge": ["Username:", "Password:"], "username_password": [], "response": [],
          "attempt": ["1"] * 6, "mechanism": ["LOGIN"] * 6}),
    "LOGIN, user on the AUTH line": (r"""
        C: AUTH LOGIN {tim}
        S: 334 UGFzc3dvcmQ6
        C: {tanstaaftanstaaf}
        S: 235 ok
    """, {"username": ["tim"], "password": ["tanstaaftanstaaf"], "challenge": ["Password:"]}),
    "LOGIN, NUL after the prompt": (r"""
        C: AUTH LOGIN
        S: 334 {User Name\0}
        C: {tim}
        S: 334 {Password\0}
        C: {}
        S: 535 no
    """, {"username": ["tim"], "password": [""]}),
    "X-EXPS LOGIN": (r"""
        C: X-EXPS LOGIN
        S: 334 VXNlcm5hbWU6
        C: {tim}
        S: 334 UGFzc3dvcmQ6
        C: {x}
        S: 235 ok
    """, {"username": ["tim"], "password": ["x"], "outcome": ["succeeded"]}),
    "CRAM-MD5, RFC 2195": (r"""
        C: AUTH CRAM-MD5
        S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
        C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
        S: 235 ok
    """, {"challenge": ["<1896.697170952@postoffice.reston.mci.net>"], "username": ["tim"],
          "response": ["b913a602c7eda7a495b4e6e7334d3890"], "password": [], "user": ["tim"]}),
    "DIGEST-MD5, RFC 2831": (r"""
        C: AUTH DIGEST-MD5
        S: 334 {realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8}
        C: {charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",response=d388dad90d4bbd760a152321f2143af7,qop=auth}
        S: 334 {rspauth=ea40f60335c427b5527b84dbabcdfffd}
        C:
        S: 235 ok
    """, {"username": ["chris"], "digest.realm": ["elwood.innosoft.com"] * 2,
          "digest.nonce": ["OA6MG9tEQGm2hh"] * 2, "digest.qop": ["auth", "auth"],
          "digest.algorithm": ["md5-sess"], "digest.charset": ["utf-8", "utf-8"],
          "digest.nc": ["00000001"], "digest.cnonce": ["OA6MHXh6VqTrRk"],
          "digest.uri": ["imap/elwood.innosoft.com"],
          "digest.response": ["d388dad90d4bbd760a152321f2143af7"],
          "digest.rspauth": ["ea40f60335c427b5527b84dbabcdfffd"], "response": [],
          "user": ["chris"], "outcome": ["succeeded"]}),
    "SCRAM-SHA-1, RFC 5802": (r"""
        C: AUTH SCRAM-SHA-1 {n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL}
        S: 334 {r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096}
        C: {c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=}
        S: 334 {v=rmF9pqV8S7suAoZWja4dJRkFsKQ=}
        C:
        S: 235 ok
    """, {"username": ["user"], "scram.binding_flag": ["n"],
          "scram.nonce": ["fyko+d2lbbFgONRv9qkxdawL",
                          "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
                          "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j"],
          "scram.salt": ["QSXCR+Q6sek8bf92"], "scram.iterations": ["4096"],
          "scram.channel_binding": ["biws"], "scram.proof": ["v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="],
          "scram.server_signature": ["rmF9pqV8S7suAoZWja4dJRkFsKQ="], "response": [],
          "challenge": ["r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="],
          "user": ["user"], "outcome": ["succeeded"], "empty": [""]}),
    "SCRAM-SHA-256, RFC 7677, without initial response": (r"""
        C: AUTH SCRAM-SHA-256
        S: 334
        C: {n,,n=user,r=rOprNGfwEbeRWgbNEkqO}
        S: 334 {r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}
        C: {c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=}
        S: 334 {v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=}
        C:
        S: 235 ok
    """, {"username": ["user"], "scram.salt": ["W22ZaJ0SNY7soEsUEjb6gQ=="],
          "scram.proof": ["dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="],
          "scram.server_signature": ["6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="],
          "user": ["user"]}),
    "SCRAM-SHA-1-PLUS, names with commas": (r"""
        C: AUTH SCRAM-SHA-1-PLUS {p=tls-unique,a=the=2Cboss,n=a=3Db,r=x}
        S: 334 {e=unknown-user}
        C: *
        S: 501 cancelled
    """, {"username": ["a=b"], "authzid": ["the,boss"], "scram.binding_flag": ["p=tls-unique"],
          "error": ["unknown-user"], "outcome": ["cancelled"], "user": ["a=b"]}),
    **{f"SCRAM-SHA-{size}": (f"""
        C: AUTH SCRAM-SHA-{size} {{n,,n=user,r=x}}
        S: 334 {{r=xy,s=cw==,i=4096}}
        C: {{c=biws,r=xy,p=cA==}}
        S: 235 2.7.0 {{v=dg==}}
    """, {"mechanism": [f"SCRAM-SHA-{size}"] * 4, "username": ["user"], "scram.proof": ["cA=="]})
       for size in (224, 384, 512)},
    "XOAUTH2, Google": (r"""
        C: AUTH XOAUTH2 {user=someuser@example.com\001auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\001\001}
        S: 235 2.7.0 Accepted
    """, {"username": ["someuser@example.com"], "oauth.scheme": ["Bearer"], "response": [],
          "token": ["ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"],
          "user": ["someuser@example.com"], "password": []}),
    "XOAUTH2, JSON Web Token, error": (rf"""
        C: AUTH XOAUTH2 {{user=someuser@example.com\001auth=Bearer {JWT}\001\001}}
        S: 334 {b64('{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}')}
        C:
        S: 535 5.7.1 Username and Password not accepted
    """, {"token": [JWT], "oauth.jwt.header": ['{"alg":"RS256"}'],
          "oauth.jwt.claims": ['{"sub":"someuser@example.com"}'], "error": ["401"],
          "oauth.schemes": ["bearer mac"], "oauth.scope": ["https://mail.google.com/"],
          "challenge": ['{"status":"401","schemes":"bearer mac",'
                        '"scope":"https://mail.google.com/"}'], "outcome": ["failed"]}),
    "OAUTHBEARER, RFC 7628": (r"""
        C: AUTH OAUTHBEARER {n,a=user@example.com,\001host=server.example.com\001port=587\001auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\001\001}
        S: 235 ok
    """, {"authzid": ["user@example.com"], "username": ["user@example.com"],
          "oauth.host": ["server.example.com"], "oauth.port": ["587"],
          "token": ["vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="], "response": [],
          "user": ["user@example.com"]}),
    "OAUTHBEARER, RFC 7628, error": (rf"""
        C: AUTH OAUTHBEARER {{n,,\001host=server.example.com\001port=587\001auth=Bearer \001\001}}
        S: 334 {b64('{"status":"invalid_token","scope":"example_scope"}')}
        C: AQ==
        S: 535 no
    """, {"error": ["invalid_token"], "oauth.scope": ["example_scope"], "token": [], "user": [],
          "oauth.error_received": [""], "outcome": ["failed"]}),
    "NTLM, NEGOTIATE on the AUTH line": (f"""
        C: AUTH NTLM {NTLM_1}
        S: 334 {NTLM_2}
        C: {NTLM_3}
        S: 235 ok
    """, {"user": ["alice"], "username": ["alice"], "response": [], "outcome": ["succeeded"]}),
    "NTLM, NEGOTIATE on a line of its own": (f"""
        C: AUTH NTLM
        S: 334 ntlm supported
        C: {NTLM_1}
        S: 334 {NTLM_2}
        C: {NTLM_3}
        S: 535 no
    """, {"user": ["alice"], "username": ["alice"], "outcome": ["failed"], "attempt": ["1"] * 6}),
    "NTLM by X-EXPS": (f"""
        C: X-EXPS NTLM
        S: 334
        C: {NTLM_1}
        S: 334 {NTLM_2}
        C: {NTLM_3}
        S: 235 ok
    """, {"user": ["alice"], "mechanism": ["NTLM"] * 6}),
    "GSSAPI": (f"""
        C: AUTH GSSAPI {b64(KRB5)}
        S: 334 {b64(bytes.fromhex('050401ff000c'))}
        C: {b64(bytes.fromhex('050400ff000c'))}
        S: 235 ok
    """, {"response": ["050400ff000c"], "challenge": ["050401ff000c"], "outcome": ["succeeded"]}),
    "GSS-SPNEGO": (f"""
        C: AUTH GSS-SPNEGO {b64(SPNEGO_1)}
        S: 334 {b64(SPNEGO_2)}
        C: {NTLM_3}
        S: 235 ok
    """, {"response": [], "user": ["alice"]}),
    "EXTERNAL, empty": (r"""
        C: AUTH EXTERNAL =
        S: 235 ok
    """, {"authzid": [], "empty": [""], "outcome": ["succeeded"], "user": []}),
    "EXTERNAL, RFC 4422": (r"""
        C: AUTH EXTERNAL
        S: 334
        C: {fred@example.com}
        S: 235 ok
    """, {"authzid": ["fred@example.com"], "user": ["fred@example.com"]}),
    "ANONYMOUS, RFC 4505": (r"""
        C: AUTH ANONYMOUS {sirhc}
        S: 235 ok
    """, {"response": ["sirhc"], "username": []}),
    "unknown, text": (r"""
        C: AUTH X-OTHER {hello}
        S: 334 {who?}
        C: {a\0b\001}
        S: 235 ok
    """, {"mechanism": ["X-OTHER"] * 4, "response": ["hello", r"a\000b\001"],
          "challenge": ["who?"]}),
    "unknown, octets": (r"""
        C: AUTH X-OTHER {\377\376}
        S: 334 {\001\002}
        C: =
        S: 501 no
    """, {"response": ["fffe", "="], "challenge": ["0102"]}),
}

NAMES = sorted({f"smtp.auth.{name}" for _, expected in EXAMPLES.values() for name in expected})
WRONG = ["smtp.base64_decode", "smtp.expert.auth_malformed", "smtp.expert.auth_no_challenge",
         "smtp.expert.early_auth", "smtp.expert.not_offered"]


@pytest.fixture(scope="module", params=[False, True], ids=["one-pass", "two-passes"])
def read(request, tshark):
    """{name of the example: {field: values}}"""
    found = values(tshark, [login(text) for text, _ in EXAMPLES.values()], NAMES + WRONG,
                   two_pass=request.param)
    return dict(zip(EXAMPLES, found))


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_mechanism(read, name):
    expected = {f"smtp.auth.{field}": want for field, want in EXAMPLES[name][1].items()}
    assert {field: read[name][field] for field in expected} == expected


# Whose examples above are wrong on purpose.
FAULTY = {"unknown, octets": ["smtp.base64_decode"],
          "OAUTHBEARER, RFC 7628, error": ["smtp.expert.auth_malformed"]}


@pytest.mark.parametrize("name", EXAMPLES)
def test_right_input_is_not_complained_about(read, name):
    assert [field for field in WRONG if read[name][field]] == FAULTY.get(name, [])


# The other sizes of SCRAM differ in a number only.
CUT = [name for name in EXAMPLES if not re.fullmatch(r"SCRAM-SHA-\d+", name)]


@pytest.mark.parametrize("names", [CUT[part::4] for part in range(4)], ids=str)
def test_cut_anywhere(tshark, names):
    """Where TCP cuts the dialogue does not matter."""
    variants = {}
    for name in names:
        dialogue = login(EXAMPLES[name][0])
        before = len(hello())
        variants[name] = [dialogue, single_octets(dialogue),
                          *(segments_of(dialogue, size) for size in (2, 3, 7)),
                          *random_cuts(dialogue, seed=4954, variants=10),
                          *(hello() + cut for cut in cut_everywhere(dialogue[before:]))]
    found = iter(values(tshark, [each for several in variants.values() for each in several], NAMES + WRONG))
    for name, several in variants.items():
        whole, *cut = itertools.islice(found, len(several))
        assert any(whole.values())
        for variant, mine in zip(several[1:], cut, strict=True):
            assert mine == whole, (name, variant)


def test_inside_tls(tshark):
    """As in clear: by STARTTLS, and in TLS from the first octet on."""
    capture = Capture()
    before = script("""
        S: 220 mx.example ESMTP
        C: EHLO client.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 go
    """)
    plain = [login(text) for text, _ in EXAMPLES.values()]
    for dialogue in plain:
        steps, keys = secure(dialogue[1:], before=before)
        capture.add(steps, port=587)
        capture.secrets += keys
        steps, keys = secure(dialogue, version="1.2")
        capture.add(steps, port=465)
        capture.secrets += keys
    names = [name for name in NAMES if name != "smtp.auth.attempt"]
    expected = values(tshark, plain, names)
    for two_pass in (False, True):
        found = tshark.lists(capture, names, two_pass=two_pass)
        for n, want in enumerate(expected):
            assert found[2 * n] == want
            assert found[2 * n + 1] == want


# --- The tokens of other protocols ------------------------------------------------------------


def layers(tshark, name, wanted):
    capture = Capture()
    capture.add(login(EXAMPLES[name][0]))
    rows = tshark.fields(capture, wanted, filter="smtp")
    return {field: [value for row in rows for value in row[field]] for field in wanted}


@pytest.mark.parametrize("name", ["NTLM, NEGOTIATE on the AUTH line",
                                  "NTLM, NEGOTIATE on a line of its own", "NTLM by X-EXPS"])
def test_ntlm_goes_to_its_dissector(tshark, name):
    found = layers(tshark, name, ["ntlmssp.messagetype", "ntlmssp.auth.username",
                                  "ntlmssp.auth.domain", "ntlmssp.auth.hostname"])
    assert found == {"ntlmssp.messagetype": ["0x00000001", "0x00000002", "0x00000003"],
                     "ntlmssp.auth.username": ["alice"], "ntlmssp.auth.domain": ["DOMAIN"],
                     "ntlmssp.auth.hostname": ["HOST"]}


def test_kerberos_goes_to_gss_api(tshark):
    assert layers(tshark, "GSSAPI", ["gss-api.OID"]) == {"gss-api.OID": ["1.2.840.113554.1.2.2"]}


def test_spnego_goes_to_its_dissector(tshark):
    found = layers(tshark, "GSS-SPNEGO", ["gss-api.OID", "spnego.MechType", "spnego.negResult",
                                          "ntlmssp.auth.username"])
    assert found["gss-api.OID"] == ["1.3.6.1.5.5.2"]
    assert found["spnego.MechType"] == ["1.3.6.1.4.1.311.2.2.10"]
    assert found["ntlmssp.auth.username"] == ["alice"]


def test_a_broken_token_does_not_lose_the_session(tshark):
    found, = values(tshark, [login(f"""
        C: AUTH GSSAPI {b64(KRB5[:5])}
        S: 334 {b64(b'NTLMSSP' + bytes(9))}
        C: {b64(b'`' + bytes(40))}
        S: 535 no
        C: MAIL FROM:<a@client.example>
        S: 530 no
    """)], ["smtp.response.code", "smtp.mail.from", "smtp.auth.outcome"])
    assert found["smtp.response.code"] == ["220", "250", "334", "535", "530"]
    assert found["smtp.mail.from"] == ["a@client.example"]
    assert found["smtp.auth.outcome"] == ["failed"]


# --- What is shown ----------------------------------------------------------------------------


PLAIN_TREE = """\
Authentication line: VXJzZWwAS3VydAB4aXBqM3BsbXE=\\r\\n
    Username/Password: VXJzZWwAS3VydAB4aXBqM3BsbXE=
    Authorization identity: Ursel
    Username: Kurt
    Password: xipj3plmq
    Expert Info (Warning/Security): Password in plaintext: whoever sees this capture has the password or token. \
Change it; make the client use TLS
        Password in plaintext: whoever sees this capture has the password or token. Change it; make the client use TLS
        Severity level: Warning
        Group: Security
"""
PLAIN_BESIDE = """\
    Login attempt of this line: 1
        Mechanism: PLAIN
        Attempt started in: 7
    Response to this line in: 10
"""


def test_a_line_as_a_reader_gets_it(tshark):
    capture = Capture()
    capture.add(login(r"""
        C: AUTH PLAIN
        S: 334
        C: {Ursel\0Kurt\0xipj3plmq}
        S: 235 ok
    """))
    frame, = tshark.tree(capture, filter="smtp.auth.line", two_pass=True)
    line = frame.all("smtp.auth.line")[0]
    assert line.text().replace("[", "").replace("]", "") == PLAIN_TREE
    assert PLAIN_BESIDE in frame.text().replace("[", "").replace("]", "")
    assert line.find("smtp.auth.authzid").raw == b"Ursel"
    assert line.find("smtp.auth.username").raw == b"Kurt"
    assert line.find("smtp.auth.password").raw == b"xipj3plmq"
    assert line.find("smtp.auth.username_password").raw == b64("Ursel\0Kurt\0xipj3plmq").encode()


def test_items_point_to_decoded_octets(tshark):
    capture = Capture()
    capture.add(login(EXAMPLES["SCRAM-SHA-1, RFC 5802"][0]))
    text = tshark.run(capture, "-x", filter="smtp.auth.scram.salt")
    assert "Decoded AUTH (" in text
    frame, = tshark.tree(capture, filter="smtp.auth.scram.salt")
    assert frame.all("smtp.auth.scram.salt")[0].raw == b"QSXCR+Q6sek8bf92"


def test_the_mechanism_is_explained(tshark):
    capture = Capture()
    capture.add(login(EXAMPLES["LOGIN"][0]))
    frame, = tshark.tree(capture, filter="smtp.req.verb == AUTH")
    item = frame.all("smtp.auth.mechanism")[0]
    line, = frame.all("smtp.command_line")
    assert item.raw == b"LOGIN"
    explanation = line.children[line.children.index(item) + 1]
    assert explanation.name == "smtp.explanation" and "Never standardized" in explanation.text()
    assert "server asks for Password:" in item.find("smtp.auth.exchange").value


# --- Attempts ---------------------------------------------------------------------------------


def replies(tshark, *dialogues, **options):
    """For each final reply (attempt, mechanism, user, outcome)."""
    capture = Capture()
    capture.add_all(dialogues)
    names = [f"smtp.auth.{name}" for name in ("attempt", "mechanism", "user", "outcome")]
    return [tuple(",".join(row[name]) for name in names)
            for row in tshark.fields(capture, names, filter="smtp.auth.outcome", **options)]


SEVERAL = login(r"""
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: {alice}
    S: 334 UGFzc3dvcmQ6
    C: {wrong}
    S: 535 5.7.8 no
    C: AUTH CRAM-MD5
    S: 334 {<1@mx>}
    C: *
    S: 501 5.7.0 cancelled
    C: AUTH X-FOO
    S: 504 5.5.4 no such thing
    C: AUTH PLAIN {\0bob\0right}
    S: 235 2.7.0 yes
""")


@pytest.mark.parametrize("two_pass", [False, True])
def test_attempts_are_counted_and_judged(tshark, two_pass):
    assert replies(tshark, SEVERAL, two_pass=two_pass) == [
        ("1", "LOGIN", "alice", "failed"), ("2", "CRAM-MD5", "", "cancelled"),
        ("3", "X-FOO", "", "failed"), ("4", "PLAIN", "bob", "succeeded")]


def test_frames_of_an_attempt(tshark):
    capture = Capture()
    capture.add(SEVERAL)
    names = ["frame.number", "smtp.auth.attempt", "smtp.auth.begun_in", "smtp.auth.user_in",
             "smtp.auth.ended_in", "smtp.request_in"]
    rows = tshark.fields(capture, names, filter="smtp.auth.attempt == 1", two_pass=True)
    table = [[",".join(row[name]) for name in names] for row in rows]
    assert table == [
        ["7", "1", "", "", "12", ""],
        ["8", "1", "7", "", "12", "7"],
        ["9", "1", "7", "", "12", ""],
        ["10", "1", "7", "", "12", "9"],
        ["11", "1", "7", "", "12", ""],
        ["12", "1", "7", "9", "", "11"],
    ]


def test_several_lines_of_a_final_reply_are_one(tshark):
    dialogue = login(r"C: AUTH PLAIN {\0a\0b}") + [S("535-5.7.8 no\r\n535 5.7.8 never\r\n",
                                                      cut=[14])]
    assert replies(tshark, dialogue) == [("1", "PLAIN", "a", "failed")]


# --- cases.md ---------------------------------------------------------------------------------


def info_name(tshark):
    """The Info column as a field: 4.0 spells it in another way."""
    return "_ws.col.info" if "_ws.col.info" in tshark.types else "_ws.col.Info"


def infos(tshark, dialogues, **options):
    """The Info column of each dialogue, after the EHLO reply."""
    name = info_name(tshark)
    capture = Capture()
    capture.add_all(dialogues)
    streams = tshark.by_stream(capture, [name], filter="smtp", **options)
    return [[",".join(row[name]) for row in streams[stream][3:]] for stream in range(len(dialogues))]


def info(tshark, dialogue, **options):
    lines, = infos(tshark, [dialogue], **options)
    return lines


@pytest.mark.parametrize("name", ["CRAM-MD5, RFC 2195",
                                  "SCRAM-SHA-256, RFC 7677, without initial response",
                                  "NTLM, NEGOTIATE on a line of its own"])
def test_p16_answers_of_the_client_are_no_message(tshark, name):
    dialogue = login(EXAMPLES[name][0])
    assert not any("DATA fragment" in line for line in info(tshark, dialogue))
    found, = values(tshark, [dialogue], ["smtp.auth.line", "smtp.data.fragment", "smtp.auth.outcome"])
    lines = sum(step.who == "C" for step in dialogue) - 2
    assert len(found["smtp.auth.line"]) == lines and len(found["smtp.auth.outcome"]) == 1


def test_p17_xoauth2_gives_user_and_token(tshark):
    found, = values(tshark, [login(EXAMPLES["XOAUTH2, Google"][0])],
                    ["smtp.auth.username", "smtp.auth.token"])
    assert found == {"smtp.auth.username": ["someuser@example.com"],
                     "smtp.auth.token": ["ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"]}


CANCELLED = login("""
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: *
    S: 501 5.7.0 cancelled
""")


def test_p18_a_star_cancels(tshark):
    found, = values(tshark, [CANCELLED], ["smtp.auth.username", "smtp.auth.cancel",
                                          "smtp.auth.outcome"])
    assert found == {"smtp.auth.username": [], "smtp.auth.cancel": [""],
                     "smtp.auth.outcome": ["cancelled"]}
    assert replies(tshark, CANCELLED) == [("1", "LOGIN", "", "cancelled")]


def test_p19_any_user_name(tshark):
    users = ["root", "data", "quit", "a", "Password"]
    found = values(tshark, [login(f"""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {{{user}}}
        S: 334 UGFzc3dvcmQ6
        C: {{geheim}}
        S: 235 ok
    """) for user in users], ["smtp.auth.username", "smtp.auth.password"])
    assert found == [{"smtp.auth.username": [user], "smtp.auth.password": ["geheim"]} for user in users]


def test_p20_any_password(tshark):
    passwords = ["data", "DATA", "starttls", "quit"]
    found = values(tshark, [login(f"""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {{alice}}
        S: 334 UGFzc3dvcmQ6
        C: {{{password}}}
        S: 235 ok
        C: MAIL FROM:<a@client.example>
        S: 250 ok
        C: QUIT
        S: 221 bye
    """) for password in passwords], ["smtp.auth.password", "smtp.req.verb"])
    assert found == [{"smtp.auth.password": [password], "smtp.req.verb": ["EHLO", "AUTH", "MAIL", "QUIT"]}
                     for password in passwords]


def test_p21_a_password_and_a_command_in_one_segment(tshark):
    found, = values(tshark, [login("""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {alice}
        S: 334 UGFzc3dvcmQ6
        C: {secret}
        C: MAIL FROM:<a@client.example>
        S: 235 ok
        S: 250 ok
    """)], ["smtp.auth.password", "smtp.req.verb", "smtp.mail.from", "smtp.auth.outcome"])
    assert found == {"smtp.auth.password": ["secret"], "smtp.req.verb": ["EHLO", "AUTH", "MAIL"],
                     "smtp.mail.from": ["a@client.example"], "smtp.auth.outcome": ["succeeded"]}


TWO_LOGINS = login("""
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: {alice}
    S: 334 UGFzc3dvcmQ6
    C: {wrong}
    S: 535 no
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: {bob}
    S: 334 UGFzc3dvcmQ6
    C: {right}
    S: 235 yes
""")


@pytest.mark.parametrize("two_pass", [False, True])
def test_p22_two_logins_are_two(tshark, two_pass):
    assert replies(tshark, TWO_LOGINS, two_pass=two_pass) == [
        ("1", "LOGIN", "alice", "failed"), ("2", "LOGIN", "bob", "succeeded")]
    assert credentials(tshark, TWO_LOGINS, two_pass=two_pass) == [
        ("11", "SMTP", "alice", "LOGIN, username in packet 9"),
        ("17", "SMTP", "bob", "LOGIN, username in packet 15")]


@pytest.mark.parametrize("two_pass", [False, True])
def test_p23_plain_gives_credentials_without_any_preference(tshark, two_pass):
    dialogue = login(r"C: AUTH PLAIN {\0alice\0secret}") + [S("235 ok\r\n")]
    assert credentials(tshark, dialogue, two_pass=two_pass) == [("7", "SMTP", "alice", "PLAIN")]


# --- Credentials ------------------------------------------------------------------------------


def credentials(tshark, *dialogues, **options):
    """The rows of tshark -z credentials."""
    capture = Capture()
    capture.add_all(dialogues)
    return rows_of(tshark, capture, **options)


def rows_of(tshark, capture, **options):
    text = tshark.run(capture, "-q", "-z", "credentials", **options)
    rows = (re.fullmatch(r"(\d+)\s+(\S+)\s+(\S+)\s*(.*?)\s*", line) for line in text.splitlines())
    return [row.groups() for row in rows if row]


SECRET = ["PLAIN", "LOGIN", "X-EXPS", "XOAUTH2", "OAUTHBEARER, RFC 7628"]


@pytest.mark.parametrize("two_pass", [False, True])
def test_one_row_for_each_attempt_with_a_secret(tshark, two_pass):
    examples = {name: login(text) for name, (text, _) in EXAMPLES.items()}
    found = credentials(tshark, *examples.values(), two_pass=two_pass)
    expected = [name for name in examples if name.startswith(tuple(SECRET))
                and name != "OAUTHBEARER, RFC 7628, error"]
    assert len(found) == len(expected)
    for (_, protocol, user, mechanism), name in zip(found, expected):
        assert protocol == "SMTP"
        assert user in ("test", "tim", "Kurt", "someuser@example.com", "user@example.com")
        assert [user] == EXAMPLES[name][1].get("username", [user])
        assert mechanism.startswith(name.replace("X-EXPS ", "").split(",")[0])


@pytest.mark.parametrize("prefs", [["esmtp.decode_auth:FALSE"],
                                   ["esmtp.mask_secrets:everywhere"]])
def test_credentials_are_found_whatever_is_shown(tshark, prefs):
    assert [row[2] for row in credentials(tshark, TWO_LOGINS, prefs=prefs)] == ["alice", "bob"]


def test_credentials_inside_tls(tshark):
    capture = Capture()
    steps, keys = secure(TWO_LOGINS)
    capture.add(steps, port=465)
    capture.secrets += keys
    text = tshark.run(capture, "-q", "-z", "credentials")
    assert re.findall(r"^\d+ +SMTP +(\S+) +LOGIN", text, re.M) == ["alice", "bob"]


def test_a_token_of_unknown_form_has_a_row_without_user(tshark):
    dialogue = login("C: AUTH ATOKEN {x}") + [S("235 ok\r\n")]
    assert credentials(tshark, dialogue) == [("7", "SMTP", "n.a.", "ATOKEN")]


# --- Secrets ----------------------------------------------------------------------------------


# What must not be seen: (login, words that give it away)
HIDING = {
    "PLAIN": (r"""
        C: AUTH PLAIN {\0alice\0geheim-1}
        S: 535 no
        C: AUTH PLAIN
        S: 334
        C: {\0alice\0geheim-1}
        S: 235 ok
    """, ["geheim-1", b64("\0alice\0geheim-1")]),
    "LOGIN": ("""
        C: AUTH LOGIN {alice}
        S: 334 UGFzc3dvcmQ6
        C: {geheim-2}
        S: 235 ok
    """, ["geheim-2", b64("geheim-2")]),
    "LOGIN, all on one line": ("""
        C: AUTH LOGIN {alice} {geheim-3}
        S: 501 no
    """, [b64("geheim-3"), "geheim-3"]),
    "LOGIN, no base64": ("""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: alice
        S: 334 UGFzc3dvcmQ6
        C: geheim-4
        S: 235 ok
    """, ["geheim-4"]),
    "PLAIN, no base64": ("""
        C: AUTH PLAIN alice:geheim-5
        S: 501 no
    """, ["geheim-5"]),
    "PLAIN, malformed": (r"""
        C: AUTH PLAIN {alice geheim-6}
        S: 501 no
        C: AUTH PLAIN {\0alice\0x\0geheim-6}
        S: 501 no
    """, ["geheim-6", b64("alice geheim-6"), b64("\0alice\0x\0geheim-6")]),
    "XOAUTH2": (rf"""
        C: AUTH XOAUTH2 {{user=alice\001auth=Bearer {JWT}\001\001}}
        S: 235 ok
    """, [JWT, b64(f"user=alice\1auth=Bearer {JWT}\1\1")]),
    "XOAUTH2, malformed": (r"""
        C: AUTH XOAUTH2 {geheim-0}
        S: 535 no
        C: AUTH XOAUTH2 {user=alice\001token=geheim-0\001\001}
        S: 535 no
    """, ["geheim-0", b64("geheim-0"), b64("user=alice\1token=geheim-0\1\1")]),
    "OAUTHBEARER": (r"""
        C: AUTH OAUTHBEARER
        S: 334
        C: {n,a=alice,\001auth=Bearer geheim-7\001\001}
        S: 235 ok
    """, ["geheim-7", b64("n,a=alice,\1auth=Bearer geheim-7\1\1")]),
    "unknown": (r"""
        C: AUTH X-OTHER {alice geheim-8}
        S: 334
        C: {geheim-8}
        S: 235 ok
    """, ["geheim-8", b64("alice geheim-8"), b64("geheim-8")]),
    "other verbs": ("""
        C: CLIENTID UUID geheim-9
        S: 250 ok
        C: BURL imap://alice@imap.example/INBOX;uid=1;urlauth=submit+alice:internal:geheim-9 LAST
        S: 554 no
        C: XAUTH geheim-9
        S: 250 ok
    """, ["geheim-9"]),
}


HIDING_LOGINS = [login(text) for text, _ in HIDING.values()]
DECODE = pytest.mark.parametrize("decode", ["TRUE", "FALSE"])


def hiding(shown):
    """(name, what is shown of that login, words that give it away)"""
    return zip(HIDING, shown, (words for _, words in HIDING.values()), strict=True)


@DECODE
def test_columns_hide_secrets(tshark, decode):
    for name, lines, words in hiding(infos(tshark, HIDING_LOGINS, prefs=[f"esmtp.decode_auth:{decode}"])):
        assert any("****" in line for line in lines), name
        assert not [line for line in lines if any(word in line for word in words)], name


@DECODE
def test_nothing_shows_secrets(tshark, decode):
    prefs = [f"esmtp.decode_auth:{decode}", "esmtp.mask_secrets:everywhere"]
    capture = Capture()
    capture.add_all(HIDING_LOGINS)
    shown = [[] for _ in HIDING]
    for frame in tshark.tree(capture, prefs=prefs, two_pass=True):
        shown[frame.stream] += [each.value + each.label for layer in frame.layers for each in layer.walk()]
    for name, items, words in hiding(shown):
        assert any("****" in item for item in items), name
        assert not [item for item in items if any(word in item for word in words)], name
    assert "Decoded AUTH" not in tshark.run(capture, "-x", prefs=prefs, filter="smtp.req && !smtp.auth.username")


def test_off_shows_all(tshark):
    for name, lines, words in hiding(infos(tshark, HIDING_LOGINS, prefs=["esmtp.mask_secrets:off"])):
        assert any(words[0] in line for line in lines), name
        assert not any("****" in line for line in lines), name


def test_user_names_are_no_secret(tshark):
    lines = info(tshark, TWO_LOGINS)
    assert "C: User: alice" in lines and "C: Pass: ****" in lines
    assert lines[0] == "C: AUTH LOGIN"
    assert lines[1] == "S: 334 Username:"


def test_info_column_as_the_built_in_dissector_has_it(tshark, builtin):
    """With decoding on and masking off; it is wrong about a user of four letters (P19)."""
    dialogue = login(r"""
        C: AUTH PLAIN {\0alice\0secret}
        S: 535 no
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {alice}
        S: 334 UGFzc3dvcmQ6
        C: {secret}
        S: 235 yes
    """)
    ours = info(tshark, dialogue, prefs=["esmtp.mask_secrets:off"])
    assert ours == info(builtin, dialogue, prefs=["smtp.decryption:TRUE"])


def test_without_decoding(tshark, builtin):
    """The same values as the built-in dissector, which does not decode by default.

    Where it is right: a user whose base64 has four letters is one of P19.
    """
    names = ["smtp.auth.username", "smtp.auth.password", "smtp.auth.username_password"]
    dialogues = [login(EXAMPLES[name][0]) for name in EXAMPLES
                 if name.startswith("PLAIN")]
    dialogues.append(login("""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: {alice}
        S: 334 UGFzc3dvcmQ6
        C: {secret}
        S: 235 yes
    """))
    ours = values(tshark, dialogues, names + ["smtp.auth.user", "smtp.auth.challenge"],
                  prefs=["esmtp.decode_auth:FALSE"])
    theirs = values(builtin, dialogues, names)
    for mine, other in zip(ours, theirs):
        assert {name: mine[name] for name in names} == other
        assert mine["smtp.auth.user"] == mine["smtp.auth.challenge"] == []


# --- Wrong input ------------------------------------------------------------------------------


# name: (login, expert, words of it)
WRONG_INPUT = {
    "base64, which octet": ("""
        C: AUTH PLAIN AGFs*WNl
        S: 501 no
    """, "smtp.base64_decode", "octet 5 is *"),
    "base64 of a challenge": ("""
        C: AUTH CRAM-MD5
        S: 334 not base64
        C: *
        S: 501 no
    """, "smtp.base64_decode", "octet 4"),
    "base64 too short": ("""
        C: AUTH PLAIN AGFsaWNlAHNlY3JldA
        S: 501 no
    """, "smtp.base64_decode", "is truncated"),
    "= in the exchange": ("""
        C: AUTH EXTERNAL
        S: 334
        C: =
        S: 501 no
    """, "smtp.base64_decode", "octet 1 is ="),
    "NULs missing": ("""
        C: AUTH PLAIN {alice}
        S: 535 no
    """, "smtp.expert.auth_malformed", "two NULs are missing"),
    "one NUL missing": (r"""
        C: AUTH PLAIN {alice\0secret}
        S: 535 no
    """, "smtp.expert.auth_malformed", "a NUL is missing"),
    "SCRAM without nonce": ("""
        C: AUTH SCRAM-SHA-1 {n,,n=user}
        S: 535 no
    """, "smtp.expert.auth_malformed", "n= or r= is missing"),
    "iterations": ("""
        C: AUTH SCRAM-SHA-1 {n,,n=user,r=x}
        S: 334 {r=x,s=c2FsdA==,i=many}
        C: *
        S: 501 no
    """, "smtp.expert.auth_malformed", "a number is malformed"),
    "words after": ("""
        C: AUTH LOGIN {alice} {secret}
        S: 501 no
    """, "smtp.expert.auth_malformed", "words after the initial response"),
    "long line": (f"""
        C: AUTH XOAUTH2 {{user=a\\001auth=Bearer {'x' * 12288}\\001\\001}}
        S: 535 no
    """, "smtp.expert.long_command", "12288"),
    "not offered": ("""
        C: AUTH DIGEST-MD6
        S: 504 no
    """, "smtp.expert.not_offered", ""),
    "after success": (r"""
        C: AUTH PLAIN {\0a\0b}
        S: 235 ok
        C: AUTH PLAIN {\0a\0b}
        S: 503 no
    """, "smtp.expert.out_of_order", ""),
    "inside a transaction": (r"""
        C: MAIL FROM:<a@client.example>
        S: 250 ok
        C: AUTH PLAIN {\0a\0b}
        S: 503 no
    """, "smtp.expert.out_of_order", ""),
    "no challenge": ("""
        C: AUTH LOGIN
        S: 334
        C: {alice}
        S: 334 UGFzc3dvcmQ6
        C: {secret}
        S: 235 ok
    """, "smtp.expert.auth_no_challenge", ""),
    "before the 334": (r"""
        C: AUTH LOGIN
        C: {alice}
        C: {secret}
        S: 334 VXNlcm5hbWU6
        S: 334 UGFzc3dvcmQ6
        S: 235 ok
    """, "smtp.expert.early_auth", ""),
}


@pytest.fixture(scope="module")
def wrong_input(tshark):
    """{name: {field: values}}"""
    end = script("""
        C: NOOP
        S: 250 ok
        C: QUIT
        S: 221 bye
    """)
    names = {expert for _, expert, _ in WRONG_INPUT.values()}
    found = values(tshark, [login(text) + end for text, _, _ in WRONG_INPUT.values()],
                   [*names, "smtp.req.verb", "smtp.response.code", "_ws.expert.message"])
    return dict(zip(WRONG_INPUT, found))


@pytest.mark.parametrize("name", WRONG_INPUT)
def test_wrong_input_is_marked_and_nothing_is_lost(wrong_input, name):
    _, expert, words = WRONG_INPUT[name]
    found = wrong_input[name]
    assert found[expert]
    assert any(words in message for message in found["_ws.expert.message"])
    assert found["smtp.req.verb"][-2:] == ["NOOP", "QUIT"]
    assert found["smtp.response.code"][-2:] == ["250", "221"]


def test_334_without_a_blank(tshark):
    dialogue = login("C: AUTH PLAIN") + [S("334\r\n")] + script(f"""
        C: {b64(chr(0) + "alice" + chr(0) + "secret")}
        S: 235 ok
    """)
    found, = values(tshark, [dialogue], ["smtp.auth.username", "smtp.expert.auth_no_challenge",
                                         "smtp.auth.attempt"])
    assert found["smtp.auth.username"] == ["alice"]
    assert len(found["smtp.expert.auth_no_challenge"]) == 1
    assert found["smtp.auth.attempt"] == ["1"] * 4


def test_a_late_final_reply_without_text(tshark):
    dialogue = login(r"C: AUTH PLAIN {\0alice\0secret}") + [S("235\r\n")]
    assert replies(tshark, dialogue) == [("1", "PLAIN", "alice", "succeeded")]


@pytest.mark.parametrize("size", [12288, 40000, 60000])
def test_long_messages_are_decoded_whole(tshark, size):
    token = "x" * (size * 3 // 4)
    found, = values(tshark, [login(rf"""
        C: AUTH XOAUTH2
        S: 334
        C: {{user=alice\001auth=Bearer {token}\001\001}}
        S: 235 ok
    """)], ["smtp.auth.token", "smtp.auth.user"])
    assert found == {"smtp.auth.token": [token], "smtp.auth.user": ["alice"]}


def test_hundred_thousand_octets_without_end(tshark):
    found, = values(tshark, [login("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6") + [
        C("QUFB" * 25000 + "\r\n"), S("500 too long\r\n"), C("QUIT\r\n"), S("221 bye\r\n")]],
        ["smtp.req.verb", "smtp.expert.limit"])
    assert found["smtp.req.verb"] == ["EHLO", "AUTH", "QUIT"]
    assert found["smtp.expert.limit"]


def test_messages_are_reported_without_a_tree(tshark):
    """tshark -z expert,note looks at no tree."""
    capture = Capture()
    capture.add_all(login(text) for text, _, _ in WRONG_INPUT.values())
    text = tshark.run(capture, "-q", "-z", "expert")
    for words in ("Base64 does not decode: octet 5", "two NULs are missing",
                  "words after the initial response", "Empty challenge: 334 without text"):
        assert words in text


# --- What the capture lacks -------------------------------------------------------------------


LATE = login("""
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: {alice}
    S: 334 UGFzc3dvcmQ6
    C: {geheim}
    S: 235 ok
    C: MAIL FROM:<a@client.example>
    S: 250 ok
""")
LOGIN_NAMES = [f"smtp.auth.{name}" for name in ("mechanism", "username", "password", "outcome",
                                                "attempt", "response")]


@pytest.mark.parametrize("skip, user", [(4, ["alice"]), (6, [])])
def test_a_capture_that_begins_inside_a_login(tshark, skip, user):
    """A challenge tells that there is one, and LOGIN by its words. No password by accident."""
    capture = Capture()
    capture.add(LATE, skip=skip)
    found = tshark.lists(capture, [*LOGIN_NAMES, "smtp.mail.from"])[0]
    replies = 3 if user else 2
    assert found == {
        "smtp.auth.mechanism": ["LOGIN"] * (replies + len(user) + 1),
        "smtp.auth.attempt": ["1"] * (replies + len(user) + 1),
        "smtp.auth.username": user, "smtp.auth.password": ["geheim"], "smtp.auth.response": [],
        "smtp.auth.outcome": ["succeeded"], "smtp.mail.from": ["a@client.example"],
    }
    text = "\n".join(tshark.summary(capture))
    assert "geheim" not in text and b64("geheim") not in text
    assert [row[2] for row in rows_of(tshark, capture)] == (user or ["n.a."])


def test_a_capture_that_begins_inside_another_login(tshark):
    capture = Capture()
    capture.add(login(r"""
        C: AUTH PLAIN
        S: 334
        C: {\0alice\0geheim}
        S: 535 no
        C: QUIT
        S: 221 bye
    """), skip=4)
    found = tshark.lists(capture, [*LOGIN_NAMES, "smtp.req.verb"])[0]
    assert found["smtp.auth.outcome"] == ["failed"]
    assert found["smtp.auth.response"] == [r"\000alice\000geheim"]
    assert found["smtp.auth.mechanism"] == [] and found["smtp.req.verb"] == ["QUIT"]
    text = "\n".join(tshark.summary(capture))
    assert "geheim" not in text and b64("\0alice\0geheim") not in text


def test_a_line_of_the_login_is_missing(tshark):
    """The next challenge tells how many lines there were."""
    capture = Capture()
    capture.add([replace(step, drop=n == 5) for n, step in enumerate(LATE)])
    found = tshark.lists(capture, [*LOGIN_NAMES, "smtp.mail.from"])[0]
    assert found["smtp.auth.username"] == [] and found["smtp.auth.password"] == ["geheim"]
    assert found["smtp.auth.outcome"] == ["succeeded"]
    assert found["smtp.mail.from"] == ["a@client.example"]


def test_any_one_segment_is_missing(tshark):
    """Never a lost session, and no password in a column."""
    capture = Capture()
    for lost in range(3, len(LATE)):
        capture.add([replace(step, drop=n == lost) for n, step in enumerate(LATE)] + script("""
            C: NOOP
            S: 250 ok
        """))
    found = tshark.lists(capture, ["smtp.req.verb"])
    assert len(found) == len(LATE) - 3
    for stream, lists in found.items():
        assert lists["smtp.req.verb"][-1:] == ["NOOP"], LATE[3 + stream]
    text = "\n".join(tshark.summary(capture))
    assert "geheim" not in text and b64("geheim") not in text


# --- Real software ----------------------------------------------------------------------------


USER, PASSWORD, WRONG_PASSWORD = "alice", "not-a-real-password", "a-wrong-password"
SIX = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]
# capture: mechanisms, each used with the right password and then with a wrong one
REAL = {
    "auth-clear": [*SIX, "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"],
    "auth-tls": [*SIX, "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"],
    "auth-ntlm": ["NTLM", "NTLM", "NTLM"],
}
REAL_NAMES = sorted({*NAMES, *WRONG, "smtp.auth.ended_in", "ntlmssp.auth.username"})


@pytest.fixture(scope="module")
def real(tshark, captures):
    """{capture: [{field: values} of each connection]}"""
    found = {name: tshark.lists(captures / f"{name}.pcapng", REAL_NAMES, two_pass=False) for name in REAL}
    return {name: [streams[n] for n in sorted(streams)] for name, streams in found.items()}


@pytest.mark.parametrize("name", REAL)
def test_real_logins(real, name):
    expected = [(mechanism, outcome) for mechanism in REAL[name]
                for outcome in ("succeeded", "failed")]
    assert len(real[name]) == len(expected)
    for found, (mechanism, outcome) in zip(real[name], expected):
        assert found["smtp.auth.outcome"] == [outcome]
        assert found["smtp.auth.user"] == [USER]
        assert set(found["smtp.auth.mechanism"]) == {mechanism}
        assert set(found["smtp.auth.attempt"]) == {"1"}
        assert [field for field in WRONG if found[field]] == []


@pytest.mark.parametrize("name", REAL)
def test_real_logins_in_two_passes(tshark, captures, real, name):
    found = tshark.lists(captures / f"{name}.pcapng", REAL_NAMES, two_pass=True)
    names = [field for field in REAL_NAMES if field != "smtp.auth.ended_in"]
    for stream, once in enumerate(real[name]):
        assert {field: found[stream][field] for field in names} == \
            {field: once[field] for field in names}
        assert found[stream]["smtp.auth.ended_in"]


def proven(found, password):
    """Whether the fields of a login are those that this password gives."""
    def one(name):
        return found[f"smtp.auth.{name}"][0]

    def keyed(key, octets, how):
        return hmac.new(key, octets, how).digest()

    mechanism = one("mechanism")
    if mechanism in ("PLAIN", "LOGIN"):
        return found["smtp.auth.password"] == [password]
    if mechanism == "CRAM-MD5":
        return one("response") == keyed(password.encode(), one("challenge").encode(), "md5").hex()
    if mechanism == "DIGEST-MD5":
        def md5(text):
            return hashlib.md5(text if isinstance(text, bytes) else text.encode())

        nonces = f"{one('digest.nonce')}:{one('digest.cnonce')}"
        realm = (found["smtp.auth.digest.realm"] or [""])[-1]
        first = md5(f"{USER}:{realm}:{password}").digest() + b":" + nonces.encode()
        second = md5(f"AUTHENTICATE:{one('digest.uri')}").hexdigest()
        middle = f"{one('digest.nonce')}:{one('digest.nc')}:{one('digest.cnonce')}:auth"
        return one("digest.response") == md5(f"{md5(first).hexdigest()}:{middle}:{second}").hexdigest()
    how = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}[mechanism]
    salted = hashlib.pbkdf2_hmac(how, password.encode(), base64.b64decode(one("scram.salt")),
                                 int(one("scram.iterations")))
    client_key = keyed(salted, b"Client Key", how)
    nonces = found["smtp.auth.scram.nonce"]
    said = ",".join([f"n={USER},r={nonces[0]}", found["smtp.auth.challenge"][0],
                     f"c={one('scram.channel_binding')},r={nonces[-1]}"]).encode()
    signature = keyed(hashlib.new(how, client_key).digest(), said, how)
    proof = bytes(a ^ b for a, b in zip(client_key, signature))
    return one("scram.proof") == base64.b64encode(proof).decode()


@pytest.mark.parametrize("name", ["auth-clear", "auth-tls"])
def test_the_fields_of_real_logins_prove_the_password(real, name):
    """Salt, nonces, counts and proofs are right, or the arithmetic would not come out."""
    for found in real[name]:
        right = found["smtp.auth.outcome"] == ["succeeded"]
        assert proven(found, PASSWORD if right else WRONG_PASSWORD), found
        assert not proven(found, WRONG_PASSWORD if right else PASSWORD), found


def test_real_ntlm_goes_to_its_dissector(real):
    assert [found["ntlmssp.auth.username"] for found in real["auth-ntlm"]] == [[USER]] * 6


@pytest.mark.parametrize("two_pass", [False, True])
@pytest.mark.parametrize("name", REAL)
def test_credentials_of_real_logins(tshark, captures, name, two_pass):
    rows = rows_of(tshark, captures / f"{name}.pcapng", two_pass=two_pass)
    expected = [mechanism for mechanism in REAL[name] for _ in range(2)
                if mechanism in ("PLAIN", "LOGIN")]
    assert [(row[2], row[3].split(",")[0]) for row in rows] == [(USER, each) for each in expected]


@pytest.mark.parametrize("name", REAL)
def test_columns_of_real_logins_hide_passwords(tshark, captures, name):
    text = tshark.run(captures / f"{name}.pcapng")
    assert PASSWORD not in text and WRONG_PASSWORD not in text
    assert b64(f"\0{USER}\0{PASSWORD}") not in text and b64(PASSWORD) not in text
