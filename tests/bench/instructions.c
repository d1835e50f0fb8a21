/*
 * Preloaded into tshark under callgrind (--instr-atstart=no): counts from the first packet that is read to the end of
 * the file, with all that is freed then. Starting and ending tshark takes seconds under callgrind; at valgrind's own
 * speed, uncounted, it takes two. What is random is the same in each run.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <valgrind/callgrind.h>

unsigned g_random_int(void);

/* Where a hash table puts things follows from it: by chance, three in a hundred instructions more or less. */
unsigned g_random_int(void)
{
    static unsigned turn;

    return 2654435769u * ++turn;
}

int wtap_read(void *, void *, void *, void *, void *, void *);
void epan_cleanup(void);

/* Since 4.6 it has an argument less; one more does no harm. */
int wtap_read(void *a, void *b, void *c, void *d, void *e, void *f)
{
    static int (*real)(void *, void *, void *, void *, void *, void *);

    if (!real) {
        real = dlsym(RTLD_NEXT, "wtap_read");
        CALLGRIND_START_INSTRUMENTATION;
    }
    return real(a, b, c, d, e, f);
}

void epan_cleanup(void)
{
    void (*real)(void) = dlsym(RTLD_NEXT, "epan_cleanup");

    CALLGRIND_STOP_INSTRUMENTATION;
    real();
}
