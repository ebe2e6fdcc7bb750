#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <exception>
#include <memory>
#include <mutex>

#include "worker/lanes_engine/step_recorder.h"

namespace unmask {
namespace {

// libtorch's random numbers know of one capture at a time, and a graph that goes leaves their list.
// Never destroyed: graphs may go after it.
std::mutex& OneAtATime() {
  static std::mutex& mutex = *new std::mutex();
  return mutex;
}

std::shared_ptr<at::cuda::CUDAGraph> NewGraph() {
  return {new at::cuda::CUDAGraph(), [](const at::cuda::CUDAGraph* graph) {
            const std::lock_guard lock(OneAtATime());
            delete graph;
          }};
}

void Capture(const LaneStep& step, at::cuda::CUDAGraph& graph) {
  // Other threads may do what only this one must not.
  graph.capture_begin(/*pool=*/{0, 0}, cudaStreamCaptureModeThreadLocal);
  std::exception_ptr error;
  try {
    step();
  } catch (...) {
    error = std::current_exception();
  }
  try {
    graph.capture_end();  // in any case: the stream is used again
  } catch (...) {
    if (!error) throw;  // else of the same cause
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace

LaneStep RecordGraph(LaneStep step) {
  const std::shared_ptr<at::cuda::CUDAGraph> graph = NewGraph();  // goes after the lock
  const std::lock_guard lock(OneAtATime());
  c10::cuda::getCurrentCUDAStream().synchronize();  // which wrote what the step reads
  const c10::cuda::CUDAStreamGuard other(c10::cuda::getStreamFromPool());
  // Once for real: libraries load their kernels and make their workspaces, which a capture forbids.
  step();
  other.current_stream().synchronize();
  Capture(step, *graph);
  return [graph] { graph->replay(); };
}

}  // namespace unmask
