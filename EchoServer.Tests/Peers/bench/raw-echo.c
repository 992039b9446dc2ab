/* The floor: bytes in, the same bytes out, no WebSocket. One thread, level-triggered epoll, no allocation per connection.
 * Port by argument, 0 for a free one. What a full socket buffer does not take is kept, and nothing more is read until it is
 * gone; the one buffer is shared, so that a connection has memory of its own only then. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_SIZE = 128 * 1024, EVENTS = 1024 };

struct connection {
    int fd;
    char *unsent;
    size_t from, to;
};

static int poller;
static char buffer[BUFFER_SIZE];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };
    if (epoll_ctl(poller, operation, connection->fd, &event) != 0)
        fail("epoll_ctl");
}

static void end(struct connection *connection)
{
    close(connection->fd);
    free(connection->unsent);
    free(connection);
}

/* Sends what it can. The number of bytes sent, or -1 when the connection is of no more use. */
static ssize_t send_some(int fd, const char *bytes, size_t count)
{
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    return sent >= 0 ? sent : errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static void keep(struct connection *connection, const char *bytes, size_t count)
{
    connection->unsent = malloc(count);
    if (connection->unsent == NULL)
        fail("malloc");
    memcpy(connection->unsent, bytes, count);
    connection->from = 0;
    connection->to = count;
    watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
}

static void on_readable(struct connection *connection)
{
    ssize_t received = recv(connection->fd, buffer, sizeof buffer, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (received <= 0) {
        end(connection);
        return;
    }

    ssize_t sent = send_some(connection->fd, buffer, (size_t)received);
    if (sent < 0)
        end(connection);
    else if (sent < received)
        keep(connection, buffer + sent, (size_t)(received - sent));
}

static void on_writable(struct connection *connection)
{
    ssize_t sent = send_some(connection->fd, connection->unsent + connection->from, connection->to - connection->from);
    if (sent < 0) {
        end(connection);
        return;
    }

    connection->from += (size_t)sent;
    if (connection->from == connection->to) {
        free(connection->unsent);
        connection->unsent = NULL;
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    }
}

static void on_connect(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL)
            fail("calloc");
        connection->fd = fd;
        watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int listen_on(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        fail("listen");
    printf("Listening on tcp://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **arguments)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }

    struct connection accepting = { .fd = listen_on(count > 1 ? atoi(arguments[1]) : 0) };
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        fail("epoll_create1");
    watch(&accepting, EPOLL_CTL_ADD, EPOLLIN);

    static struct epoll_event events[EVENTS];
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == &accepting)
                on_connect(accepting.fd);
            else if (connection->unsent != NULL)
                on_writable(connection);
            else
                on_readable(connection);
        }
    }
}
