// A blocking TCP client that sends exactly the bytes a test writes down, for what well-behaved
// clients cannot do. Reads give up after five seconds. Tests only.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace obolus::net {

class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~TestSocket() { ::close(socket_); }
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  bool connected() const { return connected_; }
  int native() const { return socket_; }

  // Blocks until the kernel has taken all of it; false when the connection is gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // One response with its content-length body (none after HEAD or 204); what came when it ends
  // early.
  std::string ReadResponse(bool has_body = true) {
    while (!buffer_.contains("\r\n\r\n")) {
      if (!Fill()) return std::exchange(buffer_, {});
    }
    std::size_t size = buffer_.find("\r\n\r\n") + 4;
    const std::size_t length = buffer_.find("Content-Length: ");
    if (has_body && length < size) size += std::stoul(buffer_.substr(length + 16));
    while (buffer_.size() < size) {
      if (!Fill()) break;
    }
    std::string response = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
  }

  // Everything until the server closes.
  std::string ReadAll() {
    while (Fill()) {
    }
    return std::exchange(buffer_, {});
  }

  // Until `text` has arrived; false when the connection ended or went silent first.
  bool ReadUntil(std::string_view text) {
    while (!buffer_.contains(text)) {
      if (!Fill()) return false;
    }
    return true;
  }

  // The server has closed, and nothing is left unread.
  bool AtEnd() { return buffer_.empty() && !Fill() && ended_; }

 private:
  bool Fill() {
    std::array<char, 16 * 1024> bytes;
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    ended_ = size == 0 || (size < 0 && errno == ECONNRESET);
    if (size <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace obolus::net
