/* Preloaded into desk and its git: kills them all at the n-th call that changes a file.

   KILL_COUNTER names a file of 8 bytes in which all processes count together. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile long *counter;
static long last;

__attribute__((constructor)) static void start(void)
{
	const char *name = getenv("KILL_COUNTER"), *at = getenv("KILL_AT");
	int (*open_file)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	int file = name && at ? open_file(name, O_RDWR) : -1;
	if (file < 0)
		return;
	last = atol(at);
	counter = mmap(0, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
}

static void count(void)
{
	if (!counter || __sync_add_and_fetch(counter, 1) != last)
		return;
	kill(0, SIGKILL);
	for (;;)
		pause();
}

/* Counted before and after, so that a file that was made and is still empty is seen, too. */
#define OPENING(name)                                                                    \
	int name(const char *path, int flags, ...)                                       \
	{                                                                                \
		int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name), result;   \
		va_list more;                                                            \
		va_start(more, flags);                                                   \
		mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;                \
		va_end(more);                                                            \
		if (flags & (O_CREAT | O_TRUNC))                                         \
			count();                                                         \
		result = real(path, flags, mode);                                        \
		if (flags & (O_CREAT | O_TRUNC))                                         \
			count();                                                         \
		return result;                                                           \
	}
OPENING(open)
OPENING(open64)

#define ON_ONE_PATH(name)                                               \
	int name(const char *path)                                      \
	{                                                               \
		int (*real)(const char *) = dlsym(RTLD_NEXT, #name);    \
		count();                                                \
		return real(path);                                      \
	}
ON_ONE_PATH(unlink)
ON_ONE_PATH(rmdir)

#define ON_TWO_PATHS(name)                                                          \
	int name(const char *from, const char *to)                                  \
	{                                                                           \
		int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, #name);  \
		count();                                                            \
		return real(from, to);                                              \
	}
ON_TWO_PATHS(rename)
ON_TWO_PATHS(link)

int mkdir(const char *path, mode_t mode)
{
	int (*real)(const char *, mode_t) = dlsym(RTLD_NEXT, "mkdir");
	count();
	return real(path, mode);
}
