#include "coordinator/dashboard/server.h"

#include <fmt/format.h>

#include <utility>

#include "coordinator/dashboard/connection.h"

namespace unmask {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr Millis kAcceptRetry{200};  // no descriptor was free

}  // namespace

Result<std::unique_ptr<DashboardServer>> DashboardServer::Listen(asio::io_context& io,
                                                                 std::uint16_t port,
                                                                 DashboardSource& source,
                                                                 const DashboardLimits& limits) {
  tcp::acceptor acceptor(io);
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  try {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
  } catch (const boost::system::system_error& error) {
    return UsageError(
        fmt::format("cannot listen on port {} of this machine: {}", port, error.code().message()),
        "--dashboard", "another port, or none for any free one");
  }
  auto server = std::unique_ptr<DashboardServer>(
      new DashboardServer(io, std::move(acceptor), source, limits));
  server->Accept();
  return server;
}

DashboardServer::DashboardServer(asio::io_context& io, tcp::acceptor acceptor,
                                 DashboardSource& source, const DashboardLimits& limits)
    : acceptor_(std::move(acceptor)),
      retry_(io),
      hub_(std::make_shared<DashboardHub>(
          io, DashboardIdentity{acceptor_.local_endpoint().port(), NewToken()}, limits, source)) {}

DashboardServer::~DashboardServer() = default;

std::string DashboardServer::url() const {
  return fmt::format("http://127.0.0.1:{}/?token={}", identity().port, identity().token);
}

void DashboardServer::Accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;  // this server may be gone
    if (error) {
      retry_.expires_after(kAcceptRetry);
      retry_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) Accept();
      });
      return;
    }
    if (hub_->MayConnect()) ServeConnection(hub_, std::move(socket));
    Accept();
  });
}

void DashboardServer::End() {
  boost::system::error_code error;
  [[maybe_unused]] const auto closed = acceptor_.close(error);
  hub_->End();
}

}  // namespace unmask
