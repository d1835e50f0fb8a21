"""openssl s_client with lines typed by hand. Its one argument is JSON; see clients.py, SClient.

Prints what was said as talk.py does. A line "." ends a message: the lines since DATA are one.
"""

import json
import subprocess
import sys

plan = json.loads(sys.argv[1])
address = plan["address"]
address = f"[{address}]" if ":" in address else address
words = ["openssl", "s_client", "-connect", f"{address}:{plan['port']}", "-CAfile",
         "/lab/tls/ca.pem", "-servername", "mx.example.net", "-keylogfile", "/lab/keys",
         "-ign_eof", "-crlf", *plan["options"]]
if not plan["implicit"]:
    words += ["-starttls", "smtp", "-name", plan["name"]]
client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", bufsize=1)


def note(kind, value):
    print(json.dumps([kind, value]), flush=True)


if not plan["implicit"]:
    # What it says before TLS it does not print.
    for kind, text in (("S", "220 (not printed)"), ("C", "EHLO " + plan["name"]),
                       ("S", "250 (not printed)"), ("C", "STARTTLS"), ("S", "220 (not printed)")):
        note(kind, text)


def reply():
    """Reads up to the end of the next reply."""
    for line in client.stdout:
        line = line.rstrip("\r\n")
        if line.startswith("New, "):
            note("TLS", line.split(", ")[1])
        elif line[:3].isdigit() and len(line) > 3 and line[3] in " -":
            note("S", line)
            if line[3] == " ":
                return line
    return ""


if plan["implicit"]:
    reply()
else:
    for line in client.stdout:
        if line.startswith("New, "):
            note("TLS", line.split(", ")[1].strip())
        # 3.0 prints the last line of the EHLO reply here.
        if line[:4] == "250 " or line.startswith("read R BLOCK"):
            break
for text in plan["lines"]:
    for line in text.split("\n"):
        note("C", line)
    client.stdin.write(text + "\n")
    client.stdin.flush()
    if not reply():
        break
client.stdin.close()
client.wait(20)
