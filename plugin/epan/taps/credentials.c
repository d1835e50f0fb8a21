/* credentials.c
 * The credentials tap. Its record is Wireshark's (ui/tap-credentials.h), which no version installs
 * for plugins; the layout is the same in 4.0, 4.4 and 4.6.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "credentials.h"

#include <epan/tap.h>

#include "../show/items.h"
#include "../show/tell.h"

typedef struct {
    unsigned num;            /* frame of the password */
    unsigned username_num;   /* frame of the user name */
    unsigned password_hf_id; /* field that the row leads to */
    char *username;
    const char *proto;
    char *info;
} credential_t;

/* Wireshark's own placeholder for what is not known. */
#define NO_USER "n.a."

static int tap = -1;

static char *info_of(packet_info *pinfo, const esmtp_login_t *login)
{
    const char *mechanism = esmtp_text_line(pinfo->pool, login->mechanism, strlen(login->mechanism));
    if (!login->user || login->user_frame == pinfo->num)
        return wmem_strdup(pinfo->pool, mechanism);
    return wmem_strdup_printf(pinfo->pool, "%s, username in packet %u", mechanism, login->user_frame);
}

/* Reports the attempt if this client line of it is the first that holds a password or token, shown in field hf. */
static void on_login(const esmtp_show_t *show, const esmtp_fact_t *fact, int hf)
{
    packet_info *pinfo = show->pinfo;
    const esmtp_login_t *login = fact->extra;
    if (!fact->index || fact->index != login->secret_message || !have_tap_listener(tap))
        return;
    credential_t *row = wmem_new0(pinfo->pool, credential_t);
    /* A table of lines: control characters of any kind are escaped. */
    const char *user = login->user ? esmtp_text_line(pinfo->pool, login->user, strlen(login->user)) : NO_USER;
    row->num = pinfo->num;
    row->username_num = login->user ? login->user_frame : pinfo->num;
    row->password_hf_id = (unsigned)hf;
    row->username = wmem_strdup(pinfo->pool, user);
    row->proto = "SMTP";
    row->info = info_of(pinfo, login);
    tap_queue_packet(tap, pinfo, row);
}

void esmtp_credentials_register(void)
{
    static esmtp_listener_t listener = {.login = on_login};
    tap = register_tap("credentials");
    esmtp_listen(&listener);
}
