/* Preloaded into programs that speak TLS by OpenSSL and log no keys of their own: writes the keys
   of each session to the file that SSLKEYLOGFILE names, as NSS, curl and Python do.

   Built by the lab: gcc -shared -fPIC keylog.c -o keylog.so -l:libssl.so.3 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
typedef struct ssl_method_st SSL_METHOD;

void SSL_CTX_set_keylog_callback(SSL_CTX *context, void (*callback)(const SSL *, const char *));

static void write_line(const SSL *session, const char *line)
{
    const char *path = getenv("SSLKEYLOGFILE");
    char text[1024];
    int length, file;

    (void)session;
    /* One write for a line: both ends may log into the same file. */
    length = snprintf(text, sizeof text, "%s\n", line);
    if (!path || length <= 0 || length >= (int)sizeof text)
        return;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
    if (file < 0)
        return;
    if (write(file, text, (size_t)length) != length)
        perror("keylog");
    close(file);
}

static SSL_CTX *with_log(SSL_CTX *context)
{
    if (context)
        SSL_CTX_set_keylog_callback(context, write_line);
    return context;
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    SSL_CTX *(*next)(const SSL_METHOD *);

    *(void **)&next = dlsym(RTLD_NEXT, "SSL_CTX_new");
    return with_log(next(method));
}

SSL_CTX *SSL_CTX_new_ex(void *library, const char *properties, const SSL_METHOD *method)
{
    SSL_CTX *(*next)(void *, const char *, const SSL_METHOD *);

    *(void **)&next = dlsym(RTLD_NEXT, "SSL_CTX_new_ex");
    return with_log(next(library, properties, method));
}
