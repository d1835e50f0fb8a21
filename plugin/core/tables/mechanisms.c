/* mechanisms.c
 * The SASL mechanisms. Columns: name, form of the messages, whether a password or token can be read
 * from them, the exchange, reference, explanation. Sorted by name.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_mechanism_row_t mechanisms[] = {
    {"9798-M-DSA-SHA1", ESMTP_SASL_OPAQUE, false, "As 9798-U-DSA-SHA1, then a signed answer of the server.", "RFC 3163",
     "Both sides prove themselves with DSA keys. Not seen in mail."},
    {"9798-M-ECDSA-SHA1", ESMTP_SASL_OPAQUE, false, "As 9798-M-DSA-SHA1, with ECDSA.", "RFC 3163",
     "Both sides prove themselves with ECDSA keys. Not seen in mail."},
    {"9798-M-RSA-SHA1-ENC", ESMTP_SASL_OPAQUE, false, "As 9798-M-DSA-SHA1, with RSA.", "RFC 3163",
     "Both sides prove themselves with RSA keys. Not seen in mail."},
    {"9798-U-DSA-SHA1", ESMTP_SASL_OPAQUE, false,
     "Server: random number; client: certificate, random number, signature.", "RFC 3163",
     "The client proves itself with a DSA key and certificate. Not seen in mail."},
    {"9798-U-ECDSA-SHA1", ESMTP_SASL_OPAQUE, false, "As 9798-U-DSA-SHA1, with ECDSA.", "RFC 3163",
     "The client proves itself with an ECDSA key and certificate. Not seen in mail."},
    {"9798-U-RSA-SHA1-ENC", ESMTP_SASL_OPAQUE, false, "As 9798-U-DSA-SHA1, with RSA.", "RFC 3163",
     "The client proves itself with an RSA key and certificate. Not seen in "
     "mail."},
    {"ANONYMOUS", ESMTP_SASL_ANONYMOUS, false, "Client first: a trace for the log, such as a mail address, or nothing.",
     "RFC 4505", "No proof at all: the client remains unknown, and its text is only for the log."},
    {"ATOKEN", ESMTP_SASL_OPAQUE, true, "Client first: believed to be user NUL NUL token.", "Apple iCloud",
     "Login with an Apple account token. Its format is not documented."},
    {"CRAM-MD5", ESMTP_SASL_CRAM, false,
     "Server: a challenge such as <digits.time@host>; client: user and 32 hexadecimal digits, "
     "the HMAC-MD5 of the challenge keyed with the password.",
     "RFC 2195",
     "The password itself is not sent, but the user name is. A weak password can be guessed from "
     "the capture."},
    {"CRAM-SHA1", ESMTP_SASL_CRAM, false, "As CRAM-MD5, with HMAC-SHA1 and 40 hexadecimal digits.", "Courier",
     "Courier's variant of CRAM-MD5 with SHA-1. Details are unconfirmed."},
    {"CRAM-SHA256", ESMTP_SASL_CRAM, false, "As CRAM-MD5, with HMAC-SHA256 and 64 hexadecimal digits.", "Courier",
     "Courier's variant of CRAM-MD5 with SHA-256. Its details are unconfirmed."},
    {"DIGEST-MD5", ESMTP_SASL_DIGEST_MD5, false,
     "Server: realm, nonce, qop; client: user, nonces, digest-uri, response; server: rspauth; "
     "client: an empty line.",
     "RFC 2831, RFC 6331",
     "Challenge and response with MD5 that lets a weak password be guessed from the capture. "
     "Made historic because hardly two programs agreed on the details."},
    {"EAP-AES128", ESMTP_SASL_OPAQUE, false, "Client first: header and EAP messages, several rounds.", "RFC 7055",
     "Login through the user's home organisation (Moonshot, with EAP)."},
    {"EAP-AES128-PLUS", ESMTP_SASL_OPAQUE, false, "As EAP-AES128, with channel binding.", "RFC 7055",
     "EAP-AES128 bound to the TLS connection."},
    {"ECDH-X25519-CHALLENGE", ESMTP_SASL_OPAQUE, false,
     "Client: user and public key; server: key, salt and masked challenge; client: the solved "
     "challenge.",
     "Atheme IRC services", "Login with an X25519 key, used with IRC. For mail it is unconfirmed."},
    {"ECDSA-NIST256P-CHALLENGE", ESMTP_SASL_OPAQUE, false,
     "Client: user; server: random challenge; client: ECDSA signature.", "Atheme IRC services",
     "Login with a key, used with IRC. For mail it is unconfirmed."},
    {"EXTERNAL", ESMTP_SASL_EXTERNAL, false, "Client first: the identity to act as, or nothing (=).", "RFC 4422",
     "The client has proven itself elsewhere, normally by its TLS certificate."},
    {"GS2-KRB5", ESMTP_SASL_OPAQUE, false, "As GSSAPI, with a header in front and without the choice of layers.",
     "RFC 5801", "The newer way to carry Kerberos in SASL. Rare in mail."},
    {"GS2-KRB5-PLUS", ESMTP_SASL_OPAQUE, false, "As GS2-KRB5, with channel binding.", "RFC 5801",
     "GS2-KRB5 bound to the TLS connection, and as rare."},
    {"GSS-SPNEGO", ESMTP_SASL_SPNEGO, false,
     "Client: SPNEGO token with Kerberos or NTLM inside; server: SPNEGO answer; and so on.", "Microsoft, RFC 4178",
     "Windows login that negotiates between Kerberos and NTLM. With NTLM inside, its weaknesses "
     "come along."},
    {"GSSAPI", ESMTP_SASL_GSSAPI, false,
     "Client: Kerberos token; server: token, maybe again; client: nothing; server: offered "
     "layers and buffer size, wrapped; client: its choice and the identity, wrapped.",
     "RFC 4752",
     "Kerberos 5, the single sign-on of Active Directory and Unix domains. Its first token "
     "begins with the octet 0x60."},
    {"HT-SHA-256-*", ESMTP_SASL_OPAQUE, false,
     "Client first: user and an HMAC over a stored token and data of the channel.", "draft-schmaus-kitten-sasl-ht",
     "Quick login with a token from an earlier session; the end of the name tells how it is "
     "bound to TLS. Known from XMPP, unconfirmed for SMTP."},
    {"KERBEROS_V4", ESMTP_SASL_OPAQUE, false,
     "Server: random number of 32 bits; client: ticket and authenticator; server: encrypted "
     "answer; client: encrypted choice.",
     "RFC 2222", "Kerberos 4 with single DES, dead for decades."},
    {"KERBEROS_V5", ESMTP_SASL_OPAQUE, false, "Server first, then messages of Kerberos 5; details not confirmed.",
     "draft-josefsson-sasl-kerberos5", "Kerberos 5 without GSS-API. Not seen in practice."},
    {"LOGIN", ESMTP_SASL_LOGIN, true,
     "Server asks for Username:, client: user; server asks for Password:, client: password. Some "
     "clients put the user on the AUTH line.",
     "draft-murchison-sasl-login",
     "User name and password in base64, one after the other, which anybody can read without TLS. "
     "Never standardized, but widely used."},
    {"MSN", ESMTP_SASL_OPAQUE, false, "Believed to resemble NTLM, with an MSN ticket.", "Microsoft",
     "A private login of MSN and Hotmail around the year 2000. How it works is not documented."},
    {"NMAS-SAMBA-AUTH", ESMTP_SASL_OPAQUE, false, "", "Novell",
     "Novell's directory login for Samba. It belongs to LDAP; for mail it is unconfirmed."},
    {"NMAS_AUTHEN", ESMTP_SASL_OPAQUE, false, "", "Novell",
     "A private login of Novell's directory. Its messages are not documented."},
    {"NMAS_LOGIN", ESMTP_SASL_OPAQUE, false, "", "Novell",
     "A private login of Novell's directory that belongs to LDAP. What it sends is not "
     "documented."},
    {"NTLM", ESMTP_SASL_NTLM, false,
     "Client: NEGOTIATE, on the AUTH line or after an empty 334; server: CHALLENGE; client: "
     "AUTHENTICATE. In base64 each begins with TlRMTVNTUAA.",
     "MS-SMTPNTLM, MS-NLMP",
     "Windows login by challenge and response. It shows names of domain, user and host, and the "
     "response can be cracked or relayed."},
    {"OAUTH10A", ESMTP_SASL_OAUTHBEARER, false, "Client first: as OAUTHBEARER, with auth=OAuth and signed fields.",
     "RFC 7628",
     "A signed request of OAuth 1.0a. The lasting secret is not sent, only a signature of short "
     "life."},
    {"OAUTHBEARER", ESMTP_SASL_OAUTHBEARER, true,
     "Client first: n,a=name, ^A host=name ^A port=number ^A auth=Bearer token ^A ^A. After a "
     "failure the server sends 334 with JSON, the client AQ==.",
     "RFC 7628", "The standard that followed XOAUTH2: an OAuth 2 access token, readable without TLS."},
    {"OPENID20", ESMTP_SASL_OPAQUE, false,
     "Client: OpenID; server: URL for the browser; client: nothing; server: the outcome.", "RFC 6616",
     "Login with OpenID 2 in a web browser. Obsolete."},
    {"OTP", ESMTP_SASL_OPAQUE, false,
     "Client: identity NUL user; server: otp-algorithm, sequence number, seed; client: hex: or "
     "word: and the password.",
     "RFC 2444", "One-time passwords from a list or calculator. Each answer works once only."},
    {"PASSDSS-3DES-1", ESMTP_SASL_OPAQUE, false,
     "Client: user and Diffie-Hellman key; server: keys and signature; client: password "
     "encrypted with 3DES.",
     "draft-newman-sasl-passdss, Cyrus SASL",
     "The password travels encrypted by a key that is agreed first. An old plugin of Cyrus SASL, "
     "no longer in use."},
    {"PLAIN", ESMTP_SASL_PLAIN, true, "Client first: [identity to act as] NUL user NUL password, in one message.",
     "RFC 4616",
     "User name and password in base64, which anybody can read unless TLS is active. The most "
     "used method beside LOGIN."},
    {"PLAIN-CLIENTTOKEN", ESMTP_SASL_OPAQUE, true,
     "Client first: believed to be PLAIN with a token in place of the password.", "Google",
     "A private login of Google's own clients, listed by smtp.gmail.com. Its format is not "
     "documented."},
    {"SAML20", ESMTP_SASL_OPAQUE, false,
     "Client: identity provider; server: URL for the browser; client: nothing; server: the "
     "result.",
     "RFC 6595", "Single sign-on in a web browser, which the mail client opens for it."},
    {"SCRAM-SHA-1", ESMTP_SASL_SCRAM, false,
     "Client: n,,n=user,r=nonce; server: r=nonce,s=salt,i=rounds; client: "
     "c=binding,r=nonce,p=proof; server: v=signature; client: an empty line.",
     "RFC 5802, RFC 7677",
     "Salted challenge and response in which both sides prove themselves. The user name can be "
     "read, the password cannot."},
    {"SCRAM-SHA-1-PLUS", ESMTP_SASL_SCRAM, false,
     "As SCRAM-SHA-1, but the header begins with p=type and c= holds data of the TLS channel.", "RFC 5802, RFC 7677",
     "SCRAM-SHA-1 bound to the TLS connection, so that nobody in the middle can pass the login "
     "on."},
    {"SCRAM-SHA-224", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1, with SHA-224.", "Cyrus SASL",
     "SCRAM with a hash of 224 bits, which Cyrus SASL offers. A form bound to TLS exists too."},
    {"SCRAM-SHA-256", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1, with SHA-256.", "RFC 7677",
     "The recommended way to log in with a password: salted challenge and response with a "
     "current hash."},
    {"SCRAM-SHA-256-PLUS", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1-PLUS, with SHA-256.", "RFC 7677",
     "SCRAM-SHA-256 bound to the TLS connection."},
    {"SCRAM-SHA-384", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1, with SHA-384.", "Cyrus SASL",
     "SCRAM with a hash of 384 bits, which Cyrus SASL offers. It exists bound to TLS as well."},
    {"SCRAM-SHA-512", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1, with SHA-512.",
     "draft-melnikov-scram-sha-512, Cyrus SASL",
     "SCRAM with a stronger hash than the standard's. Not a standard itself."},
    {"SCRAM-SHA-512-PLUS", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1-PLUS, with SHA-512.",
     "draft-melnikov-scram-sha-512, Cyrus SASL", "SCRAM-SHA-512 bound to the TLS connection."},
    {"SCRAM-SHA3-512", ESMTP_SASL_SCRAM, false, "As SCRAM-SHA-1, with SHA3-512.", "draft-melnikov-scram-sha3-512",
     "The newest of the SCRAM family, rare in mail."},
    {"SECURID", ESMTP_SASL_OPAQUE, true,
     "Client first: identity NUL user NUL passcode NUL, maybe a PIN NUL; the server may ask "
     "again for passcode or pin.",
     "RFC 2808", "The code of an RSA token. It lives a minute only, but a PIN may be read with it."},
    {"SKEY", ESMTP_SASL_OPAQUE, false,
     "Client: user; server: sequence number and seed; client: six words or hexadecimal digits.", "RFC 2222, RFC 2444",
     "One-time passwords from a list; OTP took its place. What is read from the capture cannot "
     "be used again."},
    {"SPNEGO", ESMTP_SASL_OPAQUE, false, "", "RFC 5801",
     "A name that is reserved so that nobody uses it. GSS-SPNEGO is what works."},
    {"SPNEGO-PLUS", ESMTP_SASL_OPAQUE, false, "", "RFC 5801",
     "Reserved like SPNEGO, so that nobody uses it with channel binding."},
    {"SRP", ESMTP_SASL_OPAQUE, false,
     "Client: user; server: group, salt, public key; client: public key and proof; server: proof.",
     "draft-burdis-cat-srp-sasl, Cyrus SASL",
     "Login with a password of which nothing can be learned from the wire. An old plugin of "
     "Cyrus SASL."},
    {"SXOVER-PLUS", ESMTP_SASL_OPAQUE, false, "SASL wrapped for the user's home realm, several rounds; not confirmed.",
     "draft-vanrein-diameter-sasl", "Login at a foreign service through the user's home realm. Experimental."},
    {"WETOKEN", ESMTP_SASL_OPAQUE, true, "Client first: a web token, believed to resemble PLAIN.", "Apple iCloud",
     "Login with a web token of Apple. The format is private."},
    {"WSTOKEN", ESMTP_SASL_OPAQUE, true, "Client first: a web service token, believed to resemble PLAIN.",
     "Apple iCloud", "Login with a token of Apple's web services, in a private format."},
    {"XOAUTH", ESMTP_SASL_OPAQUE, false, "Client first: method, URL and signed fields of OAuth 1.0a on one line.",
     "Google", "Google's first OAuth login. It is switched off, though smtp.gmail.com still lists it."},
    {"XOAUTH2", ESMTP_SASL_XOAUTH2, true,
     "Client first: user=name ^A auth=Bearer token ^A ^A. After a failure the server sends 334 "
     "with JSON, the client an empty line.",
     "Google",
     "An OAuth 2 access token instead of a password, used by Gmail and Microsoft 365. Whoever "
     "reads the token can use it until it expires, mostly after an hour."},
    {"XYMCOOKIE", ESMTP_SASL_OPAQUE, true, "Client first: base64 of Yahoo's login cookies; format not confirmed.",
     "Yahoo",
     "Login at Yahoo with the cookies of its web site, made for phones of partners such as "
     "BlackBerry."},
    {"XYMCOOKIEB64", ESMTP_SASL_OPAQUE, true, "Client first: Yahoo's cookies, wrapped in base64 once more.", "Yahoo",
     "A variant of XYMCOOKIE with cookies in base64, seen with IMAP."},
    {"XYMECOOKIE", ESMTP_SASL_OPAQUE, true, "Client first: encrypted Yahoo cookies; format not confirmed.", "Yahoo",
     "A variant of XYMCOOKIE with encrypted cookies. Seen in IMAP only; for SMTP it is "
     "unconfirmed."},
    {"XYMPKI", ESMTP_SASL_OPAQUE, true, "Client: several lines of cookies and signatures; format not confirmed.",
     "Yahoo", "A login of Yahoo's partner devices with keys. Listed by IMAP servers; unconfirmed for SMTP."},
};

/* Stands for all names that begin so: the rest names the kind of channel binding. */
#define FAMILY        "HT-SHA-256-*"
#define FAMILY_PREFIX "HT-SHA-256-"

const esmtp_mechanism_row_t *esmtp_mechanism_find(esmtp_span_t mechanism)
{
    const esmtp_mechanism_row_t *row = (const esmtp_mechanism_row_t *)esmtp_table_find_name(
        mechanisms, G_N_ELEMENTS(mechanisms), sizeof mechanisms[0], mechanism);

    if (!row && mechanism.len > strlen(FAMILY_PREFIX) && esmtp_span_starts(mechanism, FAMILY_PREFIX)) {
        row = (const esmtp_mechanism_row_t *)esmtp_table_find_name(mechanisms, G_N_ELEMENTS(mechanisms),
                                                                   sizeof mechanisms[0], esmtp_span_str(FAMILY));
    }
    return row;
}

const esmtp_mechanism_row_t *esmtp_mechanism_rows(size_t *n)
{
    *n = G_N_ELEMENTS(mechanisms);
    return mechanisms;
}
