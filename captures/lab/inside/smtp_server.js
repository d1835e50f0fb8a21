// A server with smtp-server of npm. Its one argument is JSON: see servers.py; and
//     lmtp     speaks LMTP
//     secure   TLS from the first octet
//     size     longest message it takes
//     disabled commands that it does not offer
const fs = require('fs')
const { SMTPServer } = require('/opt/node/node_modules/smtp-server')

const plan = JSON.parse(process.argv[2])
const note = (facts) => console.log('LAB ' + JSON.stringify(facts))

function refusal(code, text) {
    const error = new Error(text)
    error.responseCode = code
    return error
}

const server = new SMTPServer({
    name: plan.name,
    banner: 'smtp-server',
    key: fs.readFileSync('/lab/tls/key.pem'),
    cert: fs.readFileSync('/lab/tls/cert.pem'),
    secure: plan.secure || false,
    lmtp: plan.lmtp || false,
    size: plan.size || 10485760,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN'],
    disabledCommands: [...(plan.auth ? [] : ['AUTH']), ...(plan.disabled || [])],
    disableReverseLookup: true,
    onAuth(auth, session, done) {
        if (auth.username === 'alice' && auth.password === plan.password) {
            note({ auth: auth.username })
            return done(null, { user: auth.username })
        }
        done(refusal(535, 'Wrong user or password'))
    },
    onRcptTo(address, session, done) {
        const [user, domain] = address.address.split('@')
        if (domain === plan.domain && !plan.users.includes(user)) {
            note({ refused: { code: 550, address: address.address } })
            return done(refusal(550, 'No such user here'))
        }
        done()
    },
    onData(stream, session, done) {
        let size = 0
        stream.on('data', (piece) => { size += piece.length })
        stream.on('end', () => {
            const id = session.id + '.' + session.transaction
            if (stream.sizeExceeded) return done(refusal(552, 'Message is too big'))
            note({ messages: {
                queue_id: id, sender: session.envelope.mailFrom.address || '',
                recipients: session.envelope.rcptTo.map((each) => each.address), size } })
            if (session.tlsOptions) note({ tls: session.tlsOptions.version || undefined })
            if (plan.lmtp) return done(null, session.envelope.rcptTo.map((each) =>
                each.address.startsWith('dave') ? refusal(452, 'Mailbox full') : 'Ok: queued as ' + id))
            done(null, 'Ok: queued as ' + id)
        })
    },
})
server.on('error', () => {})
server.listen(plan.port, plan.address)
