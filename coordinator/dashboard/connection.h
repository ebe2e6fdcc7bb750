// One viewer's connection: reads heads, writes responses or server-sent events, within the limits.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "coordinator/dashboard/hub.h"

namespace unmask {

// Serves the socket until it ends, and lives as long.
void ServeConnection(std::shared_ptr<DashboardHub> hub, boost::asio::ip::tcp::socket socket);

}  // namespace unmask
