"""A server with aiosmtpd. Its one argument is JSON:

    address, port, name, domain, users, password    see servers.py
    auth       lets alice log in
    tls        "starttls" (default), "implicit", or null
    size       longest message it takes
    greylist   refuses each recipient with 450 the first time
    slow       seconds that it takes for each reply
    whole      notes who spoke and what the message was, octet by octet
    close_at   the command that it answers with 421, then hangs up: "RCPT", "DATA", or "BODY"
"""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

plan = json.loads(sys.argv[1])


def note(**facts):
    print("LAB " + json.dumps(facts), flush=True)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain("/lab/tls/cert.pem", "/lab/tls/key.pem")
    return made


class Handler:
    seen = set()

    async def slow(self):
        await asyncio.sleep(plan.get("slow", 0))

    async def close_if(self, server, where):
        if plan.get("close_at") == where:
            await server.push("421 4.3.2 Shutting down, come back later")
            server.transport.close()
            raise asyncio.CancelledError

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        await self.slow()
        session.host_name = hostname
        return responses

    async def handle_HELO(self, server, session, envelope, hostname):
        session.host_name = hostname
        return "250 " + plan["name"]

    async def handle_MAIL(self, server, session, envelope, address, options):
        await self.slow()
        await self.close_if(server, "MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        await self.slow()
        await self.close_if(server, "RCPT")
        user, _, domain = address.rpartition("@")
        if domain == plan["domain"] and user not in plan["users"]:
            note(refused={"code": 550, "address": address})
            return "550 5.1.1 No such user here"
        if plan.get("greylist") and address not in self.seen:
            self.seen.add(address)
            note(refused={"code": 450, "address": address})
            return "450 4.7.1 Greylisted, please try again in a moment"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server, session, envelope):
        await self.slow()
        await self.close_if(server, "BODY")
        name = "%08X" % (abs(hash(bytes(envelope.content))) % 2**32)
        facts = {"queue_id": name, "sender": envelope.mail_from,
                 "recipients": envelope.rcpt_tos, "size": len(envelope.content)}
        if plan.get("whole"):
            facts |= {"client": session.peer[0],
                      "content": base64.b64encode(envelope.original_content).decode()}
        note(messages=facts)
        if session.ssl:
            note(tls=session.ssl["cipher"][1] if "cipher" in session.ssl else None)
        return f"250 2.0.0 Ok: queued as {name}"


def authenticate(server, session, envelope, mechanism, data):
    if isinstance(data, LoginPassword):
        if data.password.decode() == plan["password"]:
            note(auth=data.login.decode(), client=session.peer[0])
            return AuthResult(success=True)
    return AuthResult(success=False, handled=False)


def make():
    kind = plan.get("tls", "starttls")
    return SMTP(Handler(), hostname=plan["name"], ident="ESMTP aiosmtpd", enable_SMTPUTF8=True,
                data_size_limit=plan.get("size", 33554432),
                tls_context=context() if kind == "starttls" else None,
                authenticator=authenticate if plan["auth"] else None,
                auth_require_tls=plan.get("auth_require_tls", True), loop=loop)


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.set_exception_handler(lambda *_: None)
loop.run_until_complete(loop.create_server(
    make, plan["address"], plan["port"],
    ssl=context() if plan.get("tls") == "implicit" else None))
loop.run_forever()
