"""Plays scenarios and writes captures, what both ends said of them, and the index. See run."""

import fnmatch
import json
import os
import sys
import traceback
from pathlib import Path

import index
import oracle_run
from scenarios import SCENARIOS

ORACLES = {f"oracle-{name}": name for name in oracle_run.SERVERS}


def arguments(words):
    options = {"names": [], "output": None, "keep": None}
    words = list(words)
    while words:
        word = words.pop(0)
        if word in ("--keep", "--output"):
            options[word[2:]] = Path(words.pop(0)).resolve()
        elif word in ("--list", "--index", "--keys"):
            options[word[2:]] = True
        elif word.startswith("-"):
            sys.exit(f"unknown option: {word}")
        else:
            options["names"].append(word)
    return options


def chosen(names):
    """The scenarios, and the servers of the oracle."""
    if not names:
        return [scenario for scenario in SCENARIOS if not scenario.asked], list(ORACLES)
    known = [*[scenario.name for scenario in SCENARIOS], *ORACLES]
    for name in names:
        if not fnmatch.filter(known, name):
            sys.exit(f"no such scenario: {name}")
    found = {each for name in names for each in known if fnmatch.fnmatchcase(each, name)}
    return ([scenario for scenario in SCENARIOS if scenario.name in found],
            [name for name in ORACLES if name in found])


def play(scenario, layers, output, folder):
    """Makes the capture and the JSON beside it."""
    import machine
    with machine.pair(scenario, layers, folder) as (net, server, client, shared):
        try:
            scenario.server.start(server)
            scenario.client.setup(client)
            net.record("tcp")
            told = scenario.client.talk(client)
            machine.quiet(server)
            log = [*server.log, *server.said().splitlines()]
            path = output / f"{scenario.name}.pcapng"
            net.keep(path, scenario.shows, shared / "keys", scenario.must_have)
        except Exception:
            print(f"--- {scenario.name}: the server's log\n" + "\n".join(server.log[-30:])
                  + server.said()[-2000:] + "\n--- the client's\n"
                  + "\n".join(client.log[-30:]) + getattr(scenario.client, "said", "")[-4000:])
            raise
        word = {
            "shows": scenario.shows,
            "ip": scenario.ip,
            "port": scenario.server.port,
            "message": len(scenario.message.encode()),
            "server": {"software": software_name(scenario.server),
                       "version": scenario.server.version(server),
                       **scenario.server.facts(log), "log": shortened(log)},
            "client": {"software": scenario.client.software,
                       "version": scenario.client.version(client), **told,
                       **({"log": shortened(client.log)} if client.log else {})},
        }
    text = json.dumps(word, indent=1, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(text)
    if os.environ.get("LAB_VERBOSE"):
        print(getattr(scenario.client, "said", ""))
    return path


def software_name(server):
    return {"Aiosmtpd": "aiosmtpd", "SmtpServer": "smtp-server"}.get(
        type(server).__name__, type(server).__name__)


def shortened(log):
    """The log without what any start of the program says."""
    dull = ("daemon started", "starting the Postfix", "daemon_directory", "starting daemon",
            "Dovecot v", "statistics:", "Perhaps you", "unable to look up", "poststats:", "MISSING",
            "missing", "safesasl", "engine=(null)", "purge_task", "alias database", "aliases,",
            "starting", "loading", "loglevel", "log format", "loaded", "iconv-lite", "  1=", "  2=",
            "  3=", "smtp.ini.nodes", "Generating", "Starting up", "istening", "worker started",
            "sendmail.st", "tls_clt_features", "Diffie-Hellman", "init=1", "started as:",
            "cache btree", "LMTP/IPv", "Reloading")
    lines = [line.rstrip()[:400] for line in log
             if line.strip() and not any(word in line for word in dull)]
    return lines[:60]


def main():
    options = arguments(sys.argv[1:])
    if options.get("list"):
        for scenario in SCENARIOS:
            print(f"{scenario.name:32}{scenario.shows}")
        for name, server in ORACLES.items():
            print(f"{name:32}The dialogues of tests/oracle that {server} is spoken to")
        return
    if options.get("index"):
        index.write()
        return
    import machine
    import software
    if options.get("keys"):
        import keys_run
        with machine.workshop() as folder:
            kept = options["keep"] or folder / "layers"
            kept.mkdir(parents=True, exist_ok=True)
            sys.exit(bool(keys_run.run(options["names"], machine.Layers(kept, software.RECIPES), folder)))
    scenarios, oracles = chosen(options["names"])
    failed = []

    def attempt(name, make):
        """Runs make, which returns the file that it made."""
        try:
            print(f"{name}: {make().stat().st_size} octets", flush=True)
        except (Exception, SystemExit) as error:
            print(f"{name}: FAILED: {error}", flush=True)
            if os.environ.get("LAB_VERBOSE"):
                traceback.print_exc()
            failed.append(name)

    with machine.workshop() as folder:
        kept = options["keep"] or folder / "layers"
        kept.mkdir(parents=True, exist_ok=True)
        layers = machine.Layers(kept, software.RECIPES)
        output = options["output"] or machine.CAPTURES
        for scenario in scenarios:
            if scenario.asked and not options["output"]:
                print(f"{scenario.name}: goes nowhere but where --output says")
                continue
            attempt(scenario.name, lambda: play(scenario, layers, output, folder))
        for name in oracles:
            attempt(name, lambda: oracle_run.play(ORACLES[name], layers, output / "oracle", folder))
    if not options["output"]:
        index.write()
    if failed:
        sys.exit("failed: " + " ".join(failed))


main()
