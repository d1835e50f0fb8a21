// A client with nodemailer. Its one argument is JSON:
//     {transport: options of createTransport, mails: [options of sendMail]}
// Prints what was said as talk.py does.
const nodemailer = require('/opt/node/node_modules/nodemailer')
const fs = require('fs')

const plan = JSON.parse(process.argv[2])
const note = (kind, value) => console.log(JSON.stringify([kind, value]))

const logger = {}
for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) {
    logger[level] = (entry, text, ...args) => {
        const line = args.length ? require('util').format(text, ...args) : String(text)
        if (entry.tnx === 'client') line.split(/\r?\n/).forEach((each) => note('C', each))
        else if (entry.tnx === 'server') line.split(/\r?\n/).forEach((each) => note('S', each))
        else if (entry.tnx === 'message') note('SENT', line)
        else if (entry.tnx === 'network' && /established/.test(line)) {
            note('CONNECT', '')
            if (plan.transport.secure) note('TLS', 'yes')
        } else if (/upgraded with STARTTLS/.test(line)) note('TLS', 'yes')
    }
}
const transport = nodemailer.createTransport({
    ...plan.transport, logger, debug: true, transactionLog: true,
    tls: { ca: fs.readFileSync('/lab/tls/ca.pem'), servername: 'mx.example.net' } })

async function main() {
    for (const mail of plan.mails) {
        try {
            await transport.sendMail(mail)
        } catch (error) {
            note('ERROR', error.message)
        }
    }
    transport.close()
}
main()
