// The dashboard's port: loopback only, on the owner's Asio loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "coordinator/dashboard/hub.h"

namespace unmask {

class DashboardServer {
 public:
  // `port` 0: any free one. A UsageError where it is taken. `io` and `source` outlive the server.
  static Result<std::unique_ptr<DashboardServer>> Listen(boost::asio::io_context& io,
                                                         std::uint16_t port,
                                                         DashboardSource& source,
                                                         const DashboardLimits& limits = {});
  ~DashboardServer();
  DashboardServer(const DashboardServer&) = delete;
  DashboardServer& operator=(const DashboardServer&) = delete;

  const DashboardIdentity& identity() const { return hub_->identity(); }
  std::string url() const;  // with the token

  // The last state goes to every viewer; nobody new is let in. Run the loop until `done`.
  void End();
  bool done() const { return hub_->streams() == 0; }

 private:
  DashboardServer(boost::asio::io_context& io, boost::asio::ip::tcp::acceptor acceptor,
                  DashboardSource& source, const DashboardLimits& limits);
  void Accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::shared_ptr<DashboardHub> hub_;
};

}  // namespace unmask
