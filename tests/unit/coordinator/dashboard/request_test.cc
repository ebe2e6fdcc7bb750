#include "coordinator/dashboard/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmask {
namespace {

const DashboardIdentity kWe{8123, "0123456789abcdef0123456789abcdef"};

RequestHead GoodHead() {
  RequestHead head;
  head.method = "GET";
  head.target = "/api/sweep?token=" + kWe.token;
  head.hosts = {"127.0.0.1:8123"};
  return head;
}

// 0: passes.
int StatusOf(const RequestHead& head) {
  const auto checked = CheckRequest(head, kWe);
  const auto* refusal = std::get_if<Refusal>(&checked);
  return refusal == nullptr ? 0 : refusal->status;
}

TEST(Request, TheAddressAsPrintedPasses) {
  RequestHead head = GoodHead();
  EXPECT_EQ(StatusOf(head), 0);
  head.method = "HEAD";
  head.hosts = {"localhost:8123"};
  head.origins = {"http://localhost:8123"};
  EXPECT_EQ(StatusOf(head), 0);
}

TEST(Request, OnlyReadingMethodsPass) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "get",
                             "GETS", "PROPFIND", ""}) {
    RequestHead head = GoodHead();
    head.method = method;
    EXPECT_EQ(StatusOf(head), 405) << method;
  }
}

TEST(Request, HostIsComparedExactly) {
  for (const char* host :
       {"", "127.0.0.1", "127.0.0.1:8124", "127.0.0.1:81234", "example.com:8123", "example.com",
        "127.0.0.1.example.com:8123", "LOCALHOST:8123", "[::1]:8123", "0.0.0.0:8123",
        " 127.0.0.1:8123", "localhost", "user@127.0.0.1:8123"}) {
    RequestHead head = GoodHead();
    head.hosts = {host};
    EXPECT_EQ(StatusOf(head), 403) << host;
  }
  RequestHead head = GoodHead();
  head.hosts.clear();
  EXPECT_EQ(StatusOf(head), 400);
  head.hosts = {"127.0.0.1:8123", "127.0.0.1:8123"};
  EXPECT_EQ(StatusOf(head), 400);
}

TEST(Request, OriginIsComparedExactly) {
  for (const char* origin :
       {"null", "", "https://127.0.0.1:8123", "http://127.0.0.1", "http://127.0.0.1:8123/",
        "http://127.0.0.1:8124", "http://example.com", "http://localhost:8123.example.com"}) {
    RequestHead head = GoodHead();
    head.origins = {origin};
    EXPECT_EQ(StatusOf(head), 403) << origin;
    head.origins = {"http://127.0.0.1:8123", origin};
    EXPECT_EQ(StatusOf(head), 403) << origin;
  }
}

TEST(Request, TheTokenDecides) {
  const std::vector<std::string> queries = {"",
                                            "?",
                                            "?token=",
                                            "?token=wrong",
                                            "?token=" + kWe.token + "0",
                                            "?token=" + kWe.token.substr(1),
                                            "?Token=" + kWe.token,
                                            "?token=0123456789ABCDEF0123456789ABCDEF"};
  for (const std::string& query : queries) {
    RequestHead head = GoodHead();
    head.target = "/" + query;
    EXPECT_EQ(StatusOf(head), 401) << query;
  }
}

TEST(Request, ABearerTokenWillDoForScrapers) {
  RequestHead head = GoodHead();
  head.target = "/metrics";
  head.authorizations = {"Bearer " + kWe.token};
  EXPECT_EQ(StatusOf(head), 0);
  head.authorizations = {"Bearer wrong"};
  EXPECT_EQ(StatusOf(head), 401);
  head.authorizations = {"Basic " + kWe.token};
  EXPECT_EQ(StatusOf(head), 401);
  head.authorizations = {"Bearer " + kWe.token, "Bearer " + kWe.token};
  EXPECT_EQ(StatusOf(head), 401);
  // Both: both must be right.
  head.authorizations = {"Bearer wrong"};
  head.target = "/metrics?token=" + kWe.token;
  EXPECT_EQ(StatusOf(head), 401);
}

TEST(Request, AnEmptyTokenOfOursOpensNothing) {
  RequestHead head = GoodHead();
  head.target = "/?token=";
  const auto checked = CheckRequest(head, {8123, ""});
  EXPECT_EQ(std::get<Refusal>(checked).status, 401);
}

TEST(Request, ABodyIsRefused) {
  RequestHead head = GoodHead();
  head.has_body = true;
  EXPECT_EQ(StatusOf(head), 413);
}

TEST(Request, WhatIsWrongWithoutTheTokenSaysNothingOfWhatExists) {
  RequestHead head = GoodHead();
  head.target = "/api/sweep";
  const auto there = CheckRequest(head, kWe);
  head.target = "/api/nothing";
  const auto not_there = CheckRequest(head, kWe);
  EXPECT_EQ(std::get<Refusal>(there).reason, std::get<Refusal>(not_there).reason);
}

TEST(Request, TargetsAreDecodedStrictly) {
  const auto parsed = ParseTarget("/api/log?job=a%2Fb&attempt=1&x=a+b&empty");
  const auto& target = std::get<Target>(parsed);
  EXPECT_EQ(target.path, "/api/log");
  EXPECT_EQ(target.params.at("job"), "a/b");
  EXPECT_EQ(target.params.at("attempt"), "1");
  EXPECT_EQ(target.params.at("x"), "a b");
  EXPECT_EQ(target.params.at("empty"), "");
  for (const char* wrong : {"", "*", "api", "http://127.0.0.1:8123/", "/?a=%", "/?a=%4", "/?a=%zz",
                            "/?a=1&a=2", "/#x", "/ x", "/\x80"}) {
    EXPECT_EQ(std::get<Refusal>(ParseTarget(wrong)).status, 400) << wrong;
  }
  EXPECT_EQ(std::get<Refusal>(ParseTarget("/" + std::string(5000, 'a'))).status, 414);
}

TEST(Request, TokensAreRandomHexDigits) {
  const std::string token = NewToken();
  EXPECT_THAT(token, testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(token.size(), 32U);
  EXPECT_NE(token, NewToken());
}

}  // namespace
}  // namespace unmask
