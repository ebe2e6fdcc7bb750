#include "coordinator/dashboard/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "coordinator/dashboard/page_files.h"
#include "tests/unit/coordinator/dashboard/fake_source.h"

namespace unmask {
namespace {

using testing::HasSubstr;
using testing::Not;

const DashboardIdentity kWe{8123, "0123456789abcdef0123456789abcdef"};

class Routes : public testing::Test {
 protected:
  Response Get(const std::string& path) {
    RequestHead head;
    head.method = "GET";
    head.target = path + (path.find('?') == std::string::npos ? "?" : "&") + "token=" + kWe.token;
    head.hosts = {"127.0.0.1:8123"};
    return Respond(head, kWe, source);
  }
  FakeSource source;
};

TEST_F(Routes, TheSweepIsJsonAndMetricsAreText) {
  EXPECT_EQ(*Get("/api/sweep").body, R"({"sweep":"s-1"})");
  EXPECT_EQ(Get("/api/sweep").content_type, "application/json");
  EXPECT_EQ(*Get("/metrics").body, "unmask_jobs 1\n");
  EXPECT_THAT(Get("/metrics").content_type, HasSubstr("version=0.0.4"));
  EXPECT_TRUE(Get("/api/events").stream);
}

TEST_F(Routes, EveryFileThatThePageNamesIsServedWithTheToken) {
  const std::string page = *Get("/").body;
  EXPECT_THAT(page, Not(HasSubstr("@TOKEN@")));
  static const std::regex kLink(R"-((?:href|src)="([a-z/.]+)\?token=([0-9a-f]+)")-");
  int links = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), kLink), end; it != end; ++it, ++links) {
    EXPECT_EQ((*it)[2], kWe.token);
    EXPECT_EQ(Get("/" + (*it)[1].str()).status, 200) << (*it)[1];
  }
  EXPECT_GE(links, 5);
}

// The Content-Security-Policy forbids both, and the page would be broken rather than unsafe.
TEST_F(Routes, ThePageHasNothingInlineAndNothingFromElsewhere) {
  for (const EmbeddedFile& file : PageFiles()) {
    if (!file.name.ends_with(".html")) continue;
    EXPECT_FALSE(std::regex_search(file.text, std::regex(R"(\s(on[a-z]+|style)=)"))) << file.name;
    EXPECT_FALSE(std::regex_search(file.text, std::regex("<script>|<style"))) << file.name;
    EXPECT_THAT(file.text, Not(HasSubstr("://"))) << file.name;
  }
  for (const EmbeddedFile& file : PageFiles()) {
    EXPECT_THAT(file.text, Not(HasSubstr("innerHTML"))) << file.name;
  }
  EXPECT_THAT(SecurityHeaders(), HasSubstr("default-src 'none'"));
  EXPECT_THAT(SecurityHeaders(), Not(HasSubstr("unsafe")));
  EXPECT_THAT(SecurityHeaders(), Not(HasSubstr("Access-Control")));
}

TEST_F(Routes, LogsAreOfKnownAttempts) {
  EXPECT_EQ(*Get("/api/log?job=known&attempt=2").body, R"({"text":"a log"})");
  EXPECT_EQ(Get("/api/log?job=known&attempt=3").status, 404);
  EXPECT_EQ(Get("/api/log?job=..%2F..%2Fetc%2Fpasswd&attempt=2").status, 404);
  for (const char* query : {"", "?job=known", "?job=known&attempt=x", "?job=known&attempt=0",
                            "?job=known&attempt=99999999999"}) {
    EXPECT_EQ(Get(std::string("/api/log") + query).status, 400) << query;
  }
}

TEST_F(Routes, WhatIsNotThereIsNotFound) {
  for (const char* path :
       {"/nothing", "/index.html/", "//", "/../request.cc", "/%2e%2e/x", "/api"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
  EXPECT_EQ(Get("/index.html").status, 200);
}

}  // namespace
}  // namespace unmask
