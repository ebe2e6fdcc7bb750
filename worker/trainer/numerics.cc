#include "worker/trainer/numerics.h"

#include <fmt/format.h>

#include <cstdlib>

#include "common/base/text.h"

namespace unmask {
namespace {

struct SetNames {
  std::string_view aten, mkl, onednn, label;
};

SetNames NamesFor(InstructionSet set) {
  switch (set) {
    case InstructionSet::kAmx:
      return {"avx512", "AVX512", "AVX512_CORE_AMX", "avx512-amx"};
    case InstructionSet::kAvx512:
      // The same kernels as AVX512_CORE for float32, and those of bfloat16 besides.
      return {"avx512", "AVX512", "AVX512_CORE_BF16", "avx512"};
    case InstructionSet::kAvx2:
      return {"avx2", "AVX2", "AVX2", "avx2"};
    case InstructionSet::kBaseline:
      break;
  }
  return {"default", "COMPATIBLE", "SSE41", "default"};
}

// The conditions under which libtorch takes its AVX-512 and AVX2 kernels.
InstructionSet BestInstructionSet() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("fma")) {
    const bool amx = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16");
    return amx ? InstructionSet::kAmx : InstructionSet::kAvx512;
  }
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return avx2 ? InstructionSet::kAvx2 : InstructionSet::kBaseline;
}

bool MklCanBePinned(const Processor& processor) { return processor.vendor == "GenuineIntel"; }

}  // namespace

Processor ParseProcessor(std::string_view cpuinfo) {
  Processor processor;
  for (const std::string& line : Split(cpuinfo, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = Trim(std::string_view(line).substr(0, colon));
    const std::string value(Trim(std::string_view(line).substr(colon + 1)));
    if (key == "vendor_id" && processor.vendor.empty()) processor.vendor = value;
    if (key == "model name" && processor.model.empty()) processor.model = value;
    if (key == "cpu family" && processor.family == 0) {
      processor.family = static_cast<int>(ParseInt(value).value_or(0));
    }
  }
  return processor;
}

InstructionSet PinnedInstructionSet() {
  const InstructionSet best = BestInstructionSet();
  const char* wanted = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string_view limit = wanted == nullptr ? "" : wanted;
  for (const InstructionSet set :
       {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (limit == NamesFor(set).aten) return std::min(best, set);
  }
  return best;
}

std::vector<std::pair<std::string, std::string>> PinnedEnvironment(InstructionSet set,
                                                                   const Processor& processor) {
  const SetNames names = NamesFor(set);
  return {{"ATEN_CPU_CAPABILITY", std::string(names.aten)},
          {"MKL_CBWR", std::string(MklCanBePinned(processor) ? names.mkl : "AUTO")},
          {"ONEDNN_MAX_CPU_ISA", std::string(names.onednn)},
          {"CUBLAS_WORKSPACE_CONFIG", ":4096:8"},     // with which its sums have one order
          {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "0"},  // which containers set: products of 10 bits
          {"TORCH_BLAS_PREFER_CUBLASLT", "0"},        // other kernels
          {"MKL_NUM_THREADS", "1"},
          {"OMP_NUM_THREADS", "1"}};
}

void PinEnvironment(InstructionSet set, const Processor& processor) {
  for (const auto& [name, value] : PinnedEnvironment(set, processor)) {
    setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
  }
}

std::string NumericsClass(InstructionSet set, const Processor& processor,
                          std::string_view versions) {
  std::string path(NamesFor(set).label);
  if (!MklCanBePinned(processor)) path += fmt::format("-{}-{}", processor.vendor, processor.family);
  return fmt::format("cpu/{}|{}", path, versions);
}

std::string CudaNumericsClass(std::string_view gpu, std::string_view versions) {
  return fmt::format("cuda/{}|{}", gpu, versions);
}

}  // namespace unmask
