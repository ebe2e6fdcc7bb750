// The real server over real sockets, on one loop with its clients. Limits are tiny where a test
// waits for them.
#include "coordinator/dashboard/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/unit/coordinator/dashboard/fake_source.h"

namespace unmask {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr Millis kPatience{20'000};  // far longer than anything here takes

class Client {
 public:
  Client(asio::io_context& io, std::uint16_t port) : io_(io), socket_(io) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    Read();
  }
  void Send(const std::string& bytes) {
    boost::system::error_code ignored;  // the server may have closed already
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  // Runs the loop until the condition holds; false where it never does.
  template <typename Condition>
  bool Until(const Condition& condition) {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      io_.run_one_for(Millis(20));
    }
    return true;
  }
  bool UntilClosed() {
    return Until([&] { return closed; });
  }
  bool UntilReceived(const std::string& text) {
    return Until([&] { return received.find(text) != std::string::npos; });
  }
  void Close() { socket_.close(); }

  std::string received;
  bool closed = false;

 private:
  void Read() {
    socket_.async_read_some(asio::buffer(chunk_),
                            [this](const boost::system::error_code& error, std::size_t bytes) {
                              received.append(chunk_.data(), bytes);
                              if (!error) return Read();
                              closed = true;
                            });
  }
  asio::io_context& io_;
  tcp::socket socket_;
  std::array<char, 65536> chunk_{};
};

class Server : public testing::Test {
 protected:
  void Listen(const DashboardLimits& limits = {}) {
    auto listening = DashboardServer::Listen(io, 0, source, limits);
    ASSERT_TRUE(listening.ok()) << FormatError(listening.error());
    server = std::move(listening).value();
  }
  std::uint16_t port() const { return server->identity().port; }
  std::unique_ptr<Client> Connect() { return std::make_unique<Client>(io, port()); }
  std::string Request(const std::string& method, const std::string& path,
                      const std::string& more = "") const {
    return method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) + "\r\n" +
           more + "\r\n";
  }
  std::string WithToken(const std::string& path) const {
    return path + "?token=" + server->identity().token;
  }
  // What comes back until the server closes.
  std::string Ask(const std::string& request) {
    const auto client = Connect();
    client->Send(request);
    EXPECT_TRUE(client->UntilClosed()) << request.substr(0, 200);
    return client->received;
  }

  FakeSource source;
  asio::io_context io{1};
  std::unique_ptr<DashboardServer> server;
};

TEST_F(Server, AnswersAndKeepsTheConnection) {
  Listen();
  const auto client = Connect();
  client->Send(Request("GET", WithToken("/api/sweep")) + Request("HEAD", WithToken("/api/sweep")) +
               Request("GET", WithToken("/metrics"), "Connection: close\r\n"));
  ASSERT_TRUE(client->UntilReceived("unmask_jobs 1\n"));
  EXPECT_THAT(client->received, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client->received, HasSubstr("\r\nContent-Length: 15\r\n"));
  EXPECT_THAT(client->received, HasSubstr("\r\nContent-Security-Policy: default-src 'none'"));
  // The body once, for GET alone.
  const std::size_t first = client->received.find(R"({"sweep":"s-1"})");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(client->received.find(R"({"sweep":"s-1"})", first + 1), std::string::npos);
}

TEST_F(Server, EveryMethodWithAnythingWrongIsRefused) {
  Listen();
  const std::string good = WithToken("/api/sweep");
  const std::string host = "127.0.0.1:" + std::to_string(port());
  struct Case {
    std::string path, host, origin;
  };
  const std::vector<Case> cases = {{"/api/sweep?token=wrong", host, ""},
                                   {"/api/sweep", host, ""},
                                   {good, "example.com", ""},
                                   {good, "127.0.0.1:1", ""},
                                   {good, host, "http://example.com"},
                                   {good, host, "null"}};
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"}) {
    for (const Case& wrong : cases) {
      std::string request = std::string(method) + " " + wrong.path +
                            " HTTP/1.1\r\nHost: " + wrong.host + "\r\nConnection: close\r\n";
      if (!wrong.origin.empty()) request += "Origin: " + wrong.origin + "\r\n";
      EXPECT_THAT(Ask(request + "\r\n"), StartsWith("HTTP/1.1 4")) << request;
    }
  }
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PURGE"}) {
    const std::string answer = Ask(Request(method, good, "Content-Length: 3\r\n") + "abc");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control")));
  }
  EXPECT_EQ(source.asked, 0);
}

TEST_F(Server, WhatIsNoRequestOrTooLargeIsRefused) {
  Listen();
  EXPECT_THAT(Ask("no request at all\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET / HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(std::string("\x16\x03\x01\x02\x00\x01", 6) + "\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));  // TLS
  EXPECT_THAT(Ask(Request("GET", "/", "X: " + std::string(20'000, 'x') + "\r\n")),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("GET /" + std::string(20'000, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask(Request("GET", "/" + std::string(4'000, 'x'))), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(Ask(Request("GET", WithToken("/"), "Content-Length: 1000000\r\n") +
                  std::string(100'000, 'x')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask(Request("GET", WithToken("/"), "Transfer-Encoding: chunked\r\n")),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(Server, WhoIsSlowIsDropped) {
  DashboardLimits limits;
  limits.head = Millis(40);
  Listen(limits);
  EXPECT_EQ(Ask(""), "");                                  // says nothing
  EXPECT_EQ(Ask("GET /?token=x HTTP/1.1\r\nHost: "), "");  // stops in the middle
  // A byte now and then does not help: the limit is for the whole head.
  const auto client = Connect();
  client->Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(client->Until([&] {
    if (!client->closed) client->Send("X");
    return client->closed;
  }));
}

TEST_F(Server, EventsComeWhenSomethingHasChanged) {
  DashboardLimits limits;
  limits.publish = Millis(5);
  Listen(limits);
  const auto client = Connect();
  client->Send(Request("GET", WithToken("/api/events")));
  ASSERT_TRUE(client->UntilReceived("event: sweep\ndata: {\"sweep\":\"s-1\"}\n\n"));
  EXPECT_THAT(client->received, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(client->received, Not(HasSubstr("Content-Length")));
  source.Show("{\"a\":2}");
  ASSERT_TRUE(client->UntilReceived("data: {\"a\":2}\n\n"));
  source.Show("{\"a\":3}");
  server->End();
  ASSERT_TRUE(client->UntilClosed());
  EXPECT_THAT(client->received, HasSubstr("event: end\ndata: {\"a\":3}\n\n"));
  EXPECT_TRUE(server->done());
}

TEST_F(Server, NothingIsAskedForWhileNobodyLooks) {
  DashboardLimits limits;
  limits.publish = Millis(1);
  Listen(limits);
  auto client = Connect();
  client->Send(Request("GET", WithToken("/api/events")));
  ASSERT_TRUE(client->UntilReceived("event: sweep"));
  EXPECT_FALSE(server->done());
  client->Close();
  ASSERT_TRUE(client->Until([&] { return server->done(); }));
  io.poll();
  const int asked = source.asked;
  io.run_for(Millis(30));  // many times `publish`
  EXPECT_EQ(source.asked, asked);
}

TEST_F(Server, ViewersAndConnectionsAreBounded) {
  DashboardLimits limits;
  limits.streams = 1;
  limits.connections = 2;
  Listen(limits);
  const auto viewer = Connect();
  viewer->Send(Request("GET", WithToken("/api/events")));
  ASSERT_TRUE(viewer->UntilReceived("event: sweep"));
  EXPECT_THAT(Ask(Request("GET", WithToken("/api/events"))), StartsWith("HTTP/1.1 503 "));
  const auto second = Connect();
  second->Send(Request("GET", WithToken("/api/sweep")));
  ASSERT_TRUE(second->UntilReceived("s-1"));
  EXPECT_EQ(Ask(""), "");  // the third is closed unheard
}

TEST_F(Server, AViewerThatDoesNotReadIsDropped) {
  DashboardLimits limits;
  limits.publish = Millis(1);
  limits.write = Millis(40);
  Listen(limits);
  source.Show(std::string(32 << 20, 'x'));  // more than socket buffers hold
  tcp::socket deaf(io);
  deaf.connect({asio::ip::address_v4::loopback(), port()});
  asio::write(deaf, asio::buffer(Request("GET", WithToken("/api/events"))));
  const auto other = Connect();
  ASSERT_TRUE(other->Until([&] { return !server->done(); }));
  EXPECT_TRUE(other->Until([&] { return server->done(); }));
}

TEST_F(Server, APortThatIsTakenIsAUsageError) {
  Listen();
  const auto second = DashboardServer::Listen(io, port(), source);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUsage);
  EXPECT_THAT(FormatError(second.error()), HasSubstr(std::to_string(port())));
}

}  // namespace
}  // namespace unmask
