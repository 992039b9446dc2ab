/* Makes WebSocket connections as fast as a server takes them: TCP, upgrade, greeting, and a reset, which leaves no port behind
 * in TIME_WAIT. In C because it shares the machine with the server: what the client costs, the server cannot use.
 * Arguments: port, seconds, threads, connections in a crowd, the greeting (125 bytes at most).
 * Prints: connections made, crowds in which something was wrong, seconds that it took. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CROWD = 1024, MAX_THREADS = 64, MAX_SHORT_PAYLOAD = 125, FINAL_TEXT = 0x81, PATIENCE_SECONDS = 30 };

/* RFC 6455 1.3: the example of a handshake. Nothing is cached between here and the server: a fresh key would prove nothing. */
static const char request[] =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char status[] = "HTTP/1.1 101 ";
static const char accept_value[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
static const char end_of_head[] = "\r\n\r\n";

static struct sockaddr_in server;
static char greeting[2 + MAX_SHORT_PAYLOAD];
static size_t greeting_size;
static int crowd_size;
static struct timespec deadline;
static atomic_long connections, errors;

static struct timespec now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static double seconds_between(struct timespec from, struct timespec to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static int begin(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;

    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0
        || send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof request - 1)) {
        close(fd);
        return -1;
    }

    return fd;
}

/* Whether the answer is a handshake with the right key, and behind it the greeting and nothing else. */
static int is_answered(int fd)
{
    char answer[4096];
    size_t size = 0;
    const char *end = NULL;
    while (end == NULL || size < (size_t)(end - answer) + greeting_size) {
        ssize_t received = recv(fd, answer + size, sizeof answer - size, 0);
        if (received <= 0)
            return 0;

        size += (size_t)received;
        end = memmem(answer, size, end_of_head, sizeof end_of_head - 1);
        if (end != NULL)
            end += sizeof end_of_head - 1;
        if (size == sizeof answer)
            return 0;
    }

    return memcmp(answer, status, sizeof status - 1) == 0
        && memmem(answer, (size_t)(end - answer), accept_value, sizeof accept_value - 1) != NULL
        && size == (size_t)(end - answer) + greeting_size && memcmp(end, greeting, greeting_size) == 0;
}

/* Connects a crowd at a time: one by one it would be the waking up of either side that is measured. */
static void *connect_crowds(void *unused)
{
    int crowd[MAX_CROWD];
    while (seconds_between(now(), deadline) > 0) {
        int made = 0, right = 0;
        while (made < crowd_size && (crowd[made] = begin()) >= 0)
            made++;
        for (int i = 0; i < made; i++) {
            right += is_answered(crowd[i]);
            struct linger reset = { .l_onoff = 1, .l_linger = 0 };
            setsockopt(crowd[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(crowd[i]);
        }

        atomic_fetch_add(&connections, right);
        atomic_fetch_add(&errors, right < crowd_size);
    }

    return unused;
}

int main(int count, char **arguments)
{
    int threads = count > 3 ? atoi(arguments[3]) : 0;
    crowd_size = count > 4 ? atoi(arguments[4]) : 0;
    greeting_size = count > 5 ? strlen(arguments[5]) : sizeof greeting;
    if (count != 6 || threads < 1 || threads > MAX_THREADS || crowd_size < 1 || crowd_size > MAX_CROWD || greeting_size > MAX_SHORT_PAYLOAD) {
        fprintf(stderr, "usage: connects port seconds threads crowd greeting\n");
        return 2;
    }

    /* RFC 6455 5.2: a text frame as a server sends it. */
    greeting[0] = (char)FINAL_TEXT;
    greeting[1] = (char)greeting_size;
    memcpy(greeting + 2, arguments[5], greeting_size);
    greeting_size += 2;

    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)atoi(arguments[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timespec start = now();
    double seconds = atof(arguments[2]);
    deadline = start;
    deadline.tv_sec += (time_t)seconds;
    deadline.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);

    /* A server that answers nothing must not keep us: the signal ends the process. */
    alarm((unsigned)seconds + PATIENCE_SECONDS);
    pthread_t running[MAX_THREADS];
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&running[i], NULL, connect_crowds, NULL) != 0) {
            perror("pthread_create");
            return 1;
        }
    }

    for (int i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
    printf("%ld %ld %f\n", connections, errors, seconds_between(start, now()));
    return 0;
}
