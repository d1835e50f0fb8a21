/* alerts.c
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "alerts.h"

#include <glib.h>

/* clang-format off: a table */
static const esmtp_alert_row_t rows[] = {
    {10, "unexpected message", "the other side did not keep to the protocol"},
    {20, "bad record MAC", "a record was damaged or changed on the way"},
    {21, "decryption failed", "a record was damaged or changed on the way"},
    {22, "record overflow", "a record is too long"},
    {30, "decompression failure", "a record does not decompress"},
    {40, "handshake failure", "the two sides have no cipher or parameter in common"},
    {41, "no certificate", "it has no certificate to show"},
    {42, "bad certificate", "the certificate is damaged, or its signature is wrong"},
    {43, "unsupported certificate", "it cannot use this kind of certificate"},
    {44, "certificate revoked", "the issuer has revoked the certificate"},
    {45, "certificate expired", "the certificate has expired, or is not valid yet"},
    {46, "certificate unknown", "it does not accept the certificate"},
    {47, "illegal parameter", "the other side sent a value that is not allowed"},
    {48, "unknown CA",
     "it does not trust the certificate's issuer: a self-signed certificate, or an intermediate one is missing"},
    {49, "access denied", "it does not let the other side in"},
    {50, "decode error", "a message cannot be read"},
    {51, "decrypt error", "a signature or key of the handshake is wrong"},
    {60, "export restriction", "the key is too weak, or too strong"},
    {70, "protocol version", "the two sides have no version of TLS in common"},
    {71, "insufficient security", "the ciphers that are offered are too weak"},
    {80, "internal error", "it failed for reasons of its own: look at its log and its TLS settings"},
    {86, "inappropriate fallback", "a client that can do better asked for an old version: maybe a downgrade"},
    {109, "missing extension", "the handshake lacks something that is needed"},
    {110, "unsupported extension", "the other side answered what was not asked"},
    {111, "certificate unobtainable", "the certificate cannot be fetched"},
    {112, "unrecognized name", "it does not serve the name that the client asked for (SNI)"},
    {113, "bad certificate status response", "the proof that the certificate is not revoked (OCSP) is wrong"},
    {114, "bad certificate hash value", "the certificate is not the one that was named"},
    {115, "unknown PSK identity", "it does not know the key that the client named"},
    {116, "certificate required", "it wants a certificate of the client and got none"},
    {120, "no application protocol", "the two sides have no protocol in common (ALPN)"},
};
/* clang-format on */

const esmtp_alert_row_t *esmtp_alert_find(uint8_t number)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].number == number)
            return &rows[i];
    }
    return NULL;
}

bool esmtp_alert_is_failure(uint8_t number)
{
    enum { CLOSE_NOTIFY = 0, USER_CANCELED = 90, NO_RENEGOTIATION = 100 };
    return number != CLOSE_NOTIFY && number != USER_CANCELED && number != NO_RENEGOTIATION;
}
