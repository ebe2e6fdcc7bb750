#include "worker/trainer/numerics.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

namespace unmask {
namespace {

constexpr std::string_view kAmd =
    "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n"
    "model name\t: AMD EPYC\n\nprocessor\t: 1\nvendor_id\t: other\n";

TEST(Numerics, ReadsTheProcessor) {
  const Processor processor = ParseProcessor(kAmd);
  EXPECT_EQ(processor.vendor, "AuthenticAMD");
  EXPECT_EQ(processor.family, 26);
  EXPECT_EQ(processor.model, "AMD EPYC");
  EXPECT_EQ(ParseProcessor("").family, 0);
}

TEST(Numerics, NamesTheClass) {
  const Processor intel{"GenuineIntel", 6, "Xeon"};
  EXPECT_EQ(NumericsClass(InstructionSet::kAvx512, intel, "torch-2.11.0|reference-1"),
            "cpu/avx512|torch-2.11.0|reference-1");
  EXPECT_EQ(NumericsClass(InstructionSet::kAmx, intel, "torch-2.11.0"),
            "cpu/avx512-amx|torch-2.11.0");
  EXPECT_EQ(NumericsClass(InstructionSet::kAvx2, ParseProcessor(kAmd), "torch-2.11.0|reference-1"),
            "cpu/avx2-AuthenticAMD-26|torch-2.11.0|reference-1");
  EXPECT_EQ(CudaNumericsClass("NVIDIA H200", "torch-2.11.0"), "cuda/NVIDIA H200|torch-2.11.0");
}

TEST(Numerics, ObeysALimit) {
  const char* before = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string kept = before == nullptr ? "" : before;
  const auto limited = [](const char* to) {
    setenv("ATEN_CPU_CAPABILITY", to, 1);
    return PinnedInstructionSet();
  };
  EXPECT_EQ(limited("default"), InstructionSet::kBaseline);
  EXPECT_LE(limited("avx2"), InstructionSet::kAvx2);
  EXPECT_LE(limited("avx512"), InstructionSet::kAvx512);
  EXPECT_GE(limited(""), limited("avx512"));
  setenv("ATEN_CPU_CAPABILITY", kept.c_str(), 1);
}

TEST(Numerics, PinsOneThreadAndOneCodePath) {
  const auto pairs = PinnedEnvironment(InstructionSet::kAvx2, {"GenuineIntel", 6, ""});
  const std::map<std::string, std::string> environment(pairs.begin(), pairs.end());
  EXPECT_EQ(environment.at("OMP_NUM_THREADS"), "1");
  EXPECT_EQ(environment.at("MKL_NUM_THREADS"), "1");
  EXPECT_EQ(environment.at("MKL_CBWR"), "AVX2");
  EXPECT_EQ(environment.at("ATEN_CPU_CAPABILITY"), "avx2");
  EXPECT_EQ(environment.at("ONEDNN_MAX_CPU_ISA"), "AVX2");
  EXPECT_EQ(environment.at("CUBLAS_WORKSPACE_CONFIG"), ":4096:8");
  EXPECT_EQ(environment.at("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"), "0");
}

}  // namespace
}  // namespace unmask
