#include "coordinator/dashboard/connection.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/dashboard/parse_head.h"

namespace unmask {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kDrainMax = 256 * 1024;  // bytes of a refused request that are still taken

std::string ResponseHead(const Response& response, bool keep_alive) {
  const auto reason =
      beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n{}Content-Type: {}\r\n", response.status,
                                 std::string_view(reason.data(), reason.size()), SecurityHeaders(),
                                 response.content_type);
  if (response.status == 401) head += "WWW-Authenticate: Bearer\r\n";
  if (response.status == 405) head += "Allow: GET, HEAD\r\n";
  if (!response.stream) head += fmt::format("Content-Length: {}\r\n", response.body->size());
  return head + (keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

class Connection final : public EventStream, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<DashboardHub> hub, asio::ip::tcp::socket socket)
      : hub_(std::move(hub)), stream_(std::move(socket)) {
    hub_->OnConnected();
  }
  ~Connection() override {
    hub_->RemoveStream(*this);
    hub_->OnDisconnected();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One deadline for the whole head: who sends it byte by byte is dropped like who sends nothing.
  void ReadHead() {
    BoundParser(parser_.emplace());
    stream_.expires_after(hub_->limits().head);
    beast::http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->OnHead(error); });
  }

  void Send(const SharedText& event) override {
    if (sending_) {
      next_ = event;  // a slow viewer misses states, never the newest
      return;
    }
    sending_ = event;
    stream_.expires_after(hub_->limits().write);
    asio::async_write(stream_, asio::buffer(*sending_),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                        self->OnEventSent(error);
                      });
  }

  void End() override {
    ending_ = true;
    if (!sending_) Close();
  }

 private:
  void OnHead(const ErrorCode& error) {
    if (!error) return Answer();
    const bool gone =
        error == beast::http::error::end_of_stream || error == beast::error::timeout ||
        error.category() != beast::http::make_error_code(beast::http::error::bad_method).category();
    if (gone) return Close();
    WriteResponse(RefusalResponse(RefusalFor(error)), true, false);
  }

  void Answer() {
    const RequestHead head = HeadOf(*parser_);
    Response response = Respond(head, hub_->identity(), hub_->source());
    if (response.stream && !hub_->MayStream()) {
      response = RefusalResponse({503, "too many viewers"});
    }
    const bool refused = response.status >= 400;
    const bool keep_alive = !refused && !response.stream && parser_->keep_alive();
    WriteResponse(response, head.method != "HEAD", keep_alive);
  }

  void WriteResponse(const Response& response, bool with_body, bool keep_alive) {
    const bool stream = response.stream && with_body;
    head_ = ResponseHead(response, keep_alive);
    sending_ = with_body ? response.body : std::make_shared<const std::string>();
    stream_.expires_after(hub_->limits().write);
    asio::async_write(
        stream_, std::array<asio::const_buffer, 2>{asio::buffer(head_), asio::buffer(*sending_)},
        [self = shared_from_this(), stream, keep_alive](const ErrorCode& error, std::size_t) {
          self->sending_.reset();
          if (error) return self->Close();
          if (stream) return self->BeginStream();
          if (keep_alive) return self->ReadHead();
          self->Drain(0);
        });
  }

  void BeginStream() {
    AwaitEnd();
    hub_->AddStream(*this);
  }

  // A viewer of events says nothing more: what comes now is its end.
  void AwaitEnd() {
    stream_.expires_never();
    stream_.async_read_some(
        asio::buffer(scratch_),
        [self = shared_from_this()](const ErrorCode&, std::size_t) { self->Close(); });
  }

  void OnEventSent(const ErrorCode& error) {
    sending_.reset();
    if (error) return Close();
    if (next_) return Send(std::exchange(next_, nullptr));
    if (ending_) Close();
  }

  // What a refused client still sends is taken for a moment, or the reset that an unread rest
  // causes would reach it before our answer.
  void Drain(std::size_t taken) {
    if (taken == 0) {
      ErrorCode error;
      [[maybe_unused]] const auto shut =
          stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
      stream_.expires_after(hub_->limits().head);
    }
    if (taken > kDrainMax) return Close();
    stream_.async_read_some(asio::buffer(scratch_), [self = shared_from_this(), taken](
                                                        const ErrorCode& error, std::size_t bytes) {
      if (error) return self->Close();
      self->Drain(taken + bytes);
    });
  }

  void Close() {
    hub_->RemoveStream(*this);
    stream_.close();
  }

  std::shared_ptr<DashboardHub> hub_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{2UL * kHeadBytesMax};
  std::optional<HeadParser> parser_;
  std::array<char, 4096> scratch_{};
  std::string head_;
  SharedText sending_;  // null: nothing is being written
  SharedText next_;
  bool ending_ = false;
};

}  // namespace

void ServeConnection(std::shared_ptr<DashboardHub> hub, asio::ip::tcp::socket socket) {
  std::make_shared<Connection>(std::move(hub), std::move(socket))->ReadHead();
}

}  // namespace unmask
