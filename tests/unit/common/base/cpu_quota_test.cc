#include "common/base/cpu_quota.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

class CpuQuota : public testing::Test {
 protected:
  void Put(const std::string& file, const std::string& text) {
    fs::create_directories((mount_.path() / file).parent_path());
    std::ofstream(mount_.path() / file) << text;
  }
  int CoresOf8(const std::string& groups) const {
    return CoresWithinQuota(8, groups, mount_.path());
  }

 private:
  TempFolder mount_;
};

TEST_F(CpuQuota, IsTheLeastAlongThePath) {
  Put("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(CoresOf8("0::/a/b\n"), 8);
  Put("a/cpu.max", "250000 100000\n");
  EXPECT_EQ(CoresOf8("0::/a/b\n"), 3);  // begun cores count
  EXPECT_EQ(CoresOf8("0::/\n"), 8);
  Put("a/b/cpu.max", "20000 100000\n");
  EXPECT_EQ(CoresOf8("0::/a/b\n"), 1);
  Put("a/b/cpu.max", "6400000 100000\n");
  EXPECT_EQ(CoresOf8("0::/a/b\n"), 3);
}

TEST_F(CpuQuota, InAContainerItIsTheMounts) {
  Put("cpu.max", "200000 100000\n");
  EXPECT_EQ(CoresOf8("0::/\n"), 2);
  EXPECT_EQ(CoresOf8("0::/system.slice/docker-17.scope\n"), 2);
  EXPECT_EQ(CoresOf8("0::/../outside\n"), 2);
}

TEST_F(CpuQuota, OfVersion1IsThatOfItsController) {
  const std::string groups = "5:memory:/m\n4:cpu,cpuacct:/job\n2:cpuset:/job\n0::/\n";
  Put("cpu,cpuacct/job/cpu.cfs_period_us", "50000\n");
  Put("cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(CoresOf8(groups), 8);
  Put("cpu,cpuacct/job/cpu.cfs_quota_us", "100000\n");
  EXPECT_EQ(CoresOf8(groups), 2);
}

TEST_F(CpuQuota, IsNoneWhereTheTextsSaySo) {
  for (const char* text : {"", "max", "100000", "0 100000", "100000 0", "-5 100000", "x y"}) {
    Put("cpu.max", text);
    EXPECT_EQ(CoresOf8("0::/\n"), 8) << text;
  }
  EXPECT_EQ(CoresOf8(""), 8);
  EXPECT_EQ(CoresOf8("garbage\n0\n::\n"), 8);
}

}  // namespace
}  // namespace unmask
