/* proxy.c
 * Headers of the PROXY protocol.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "proxy.h"

/* Characters of the longest IPv6 address. */
#define ADDRESS_MAX 45
#define DIGITS_MAX  5

#define IPV4_OCTETS 4
#define IPV6_OCTETS 16
#define UNIX_OCTETS 108
#define PORT_OCTETS 2

static const char line_begin[] = "PROXY ";
static const uint8_t signature[ESMTP_PROXY_SIGNATURE] = {'\r', '\n', '\r', '\n', 0,   '\r',
                                                         '\n', 'Q',  'U',  'I',  'T', '\n'};

/* Whether octets begin like these, as far as both go. */
static bool begins(esmtp_span_t in, const void *octets, size_t len)
{
    return memcmp(in.p, octets, MIN(in.len, len)) == 0;
}

/* --- version 1 -------------------------------------------------------------------------------- */

/* The next word; one blank stands between two, not more. */
static esmtp_span_t word_next(esmtp_span_t *rest)
{
    size_t end = esmtp_span_find(*rest, ' ');
    esmtp_span_t word = esmtp_span_to(*rest, end);
    *rest = esmtp_span_from(*rest, end + 1);
    return word;
}

static bool is_word(esmtp_span_t word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.p, text, word.len) == 0;
}

static bool is_address(esmtp_span_t word, bool six)
{
    char text[ADDRESS_MAX + 1];
    if (word.len == 0 || word.len > ADDRESS_MAX || (esmtp_span_find(word, ':') < word.len) != six)
        return false;
    memcpy(text, word.p, word.len);
    text[word.len] = '\0';
    return strlen(text) == word.len && esmtp_span_find(word, '%') == word.len && g_hostname_is_ip_address(text);
}

static bool read_port(esmtp_span_t word, uint16_t *port)
{
    uint32_t number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (!g_ascii_isdigit(word.p[i]) || i == DIGITS_MAX)
            return false;
        number = number * 10 + (uint32_t)(word.p[i] - '0');
    }
    *port = (uint16_t)number;
    return word.len > 0 && number <= UINT16_MAX;
}

/* The line without its end and without its first word. */
static bool read_line(esmtp_span_t rest, esmtp_proxy_t *header)
{
    esmtp_span_t family = word_next(&rest);
    if (is_word(family, "UNKNOWN"))
        return true; /* whatever follows: the receiver must ignore it */
    bool six = is_word(family, "TCP6");
    if (!six && !is_word(family, "TCP4"))
        return false;
    header->form = ESMTP_PROXY_TEXT;
    header->source.address = word_next(&rest);
    header->destination.address = word_next(&rest);
    esmtp_span_t port = word_next(&rest);
    return is_address(header->source.address, six) && is_address(header->destination.address, six) &&
           read_port(port, &header->source.port) && read_port(rest, &header->destination.port);
}

static esmtp_proxy_found_t parse_line(esmtp_span_t in, esmtp_proxy_t *header)
{
    esmtp_span_t line = esmtp_span_to(in, ESMTP_PROXY_LINE_MAX);
    size_t end = esmtp_span_find(line, '\n');
    if (end == line.len)
        return line.len < ESMTP_PROXY_LINE_MAX ? ESMTP_PROXY_SHORT : ESMTP_PROXY_NONE;
    header->version = 1;
    header->total = end + 1;
    if (end < strlen(line_begin) || line.p[end - 1] != '\r')
        return ESMTP_PROXY_NONE;
    return read_line(esmtp_span_from(esmtp_span_to(line, end - 1), strlen(line_begin)), header) ? ESMTP_PROXY_WHOLE
                                                                                                : ESMTP_PROXY_NONE;
}

/* --- version 2 -------------------------------------------------------------------------------- */

static uint16_t number_at(esmtp_span_t s, size_t offset)
{
    return (uint16_t)(s.p[offset] << 8 | s.p[offset + 1]);
}

/* Source and destination, octets each, and their ports. */
static void read_addresses(esmtp_span_t block, esmtp_proxy_form_t form, size_t octets, esmtp_proxy_t *header)
{
    bool ports = form != ESMTP_PROXY_UNIX;
    if (block.len < 2 * octets + (ports ? 2 * PORT_OCTETS : 0))
        return;
    header->form = form;
    header->source.address = esmtp_span(block.p, octets);
    header->destination.address = esmtp_span(block.p + octets, octets);
    if (!ports)
        return;
    header->source.port = number_at(block, 2 * octets);
    header->destination.port = number_at(block, 2 * octets + PORT_OCTETS);
}

/* A path ends at its first NUL. */
static void cut_path(esmtp_span_t *path)
{
    *path = esmtp_span_to(*path, esmtp_span_find(*path, 0));
}

static esmtp_proxy_found_t parse_binary(esmtp_span_t in, esmtp_proxy_t *header)
{
    if (in.len > ESMTP_PROXY_SIGNATURE && in.p[ESMTP_PROXY_SIGNATURE] >> 4 != 2)
        return ESMTP_PROXY_NONE;
    if (in.len < ESMTP_PROXY_FIXED)
        return ESMTP_PROXY_SHORT;
    header->version = 2;
    header->total = (size_t)ESMTP_PROXY_FIXED + number_at(in, ESMTP_PROXY_FIXED - 2);
    header->local = (in.p[ESMTP_PROXY_SIGNATURE] & 0x0f) == 0;
    if (in.len < header->total)
        return ESMTP_PROXY_SHORT;
    esmtp_span_t block = esmtp_span(in.p + ESMTP_PROXY_FIXED, header->total - ESMTP_PROXY_FIXED);
    if (header->local)
        return ESMTP_PROXY_WHOLE; /* its addresses are to be ignored */
    switch (in.p[ESMTP_PROXY_SIGNATURE + 1] >> 4) {
    case 1: read_addresses(block, ESMTP_PROXY_IPV4, IPV4_OCTETS, header); break;
    case 2: read_addresses(block, ESMTP_PROXY_IPV6, IPV6_OCTETS, header); break;
    case 3: read_addresses(block, ESMTP_PROXY_UNIX, UNIX_OCTETS, header); break;
    default: break;
    }
    if (header->form == ESMTP_PROXY_UNIX) {
        cut_path(&header->source.address);
        cut_path(&header->destination.address);
    }
    return ESMTP_PROXY_WHOLE;
}

esmtp_proxy_found_t esmtp_proxy_parse(esmtp_span_t in, esmtp_proxy_t *header)
{
    esmtp_proxy_found_t found = ESMTP_PROXY_NONE;
    memset(header, 0, sizeof *header);
    if (in.len == 0)
        return ESMTP_PROXY_SHORT;
    if (begins(in, line_begin, strlen(line_begin)))
        found = parse_line(in, header);
    else if (begins(in, signature, sizeof signature))
        found = parse_binary(in, header);
    if (found != ESMTP_PROXY_WHOLE)
        memset(header, 0, sizeof *header);
    return found;
}
