# unmask_library(FOLDER DEPS ...): one target for the sources of a folder (its subfolders not included).
# Dependencies are other folders or imported targets. Of NAME_cuda.cc and NAME_stub.cc, which define the
# same functions, a build for GPUs takes the first and any other the second.
add_library(unmask_options INTERFACE)
target_compile_options(unmask_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  $<$<NOT:$<CONFIG:Debug>>:-O2> -g1 -ffp-contract=off)
target_include_directories(unmask_options INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
target_compile_definitions(unmask_options INTERFACE UNMASK_VERSION="${PROJECT_VERSION}")
target_link_libraries(unmask_options INTERFACE Threads::Threads)
if(UNMASK_SANITIZE)
  target_compile_options(unmask_options INTERFACE -fsanitize=${UNMASK_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all
                                                  -Wno-maybe-uninitialized)  # g++ 12 is wrong about it here
  target_link_options(unmask_options INTERFACE -fsanitize=${UNMASK_SANITIZE})
endif()

function(unmask_target_names OUT)
  set(names)
  foreach(dep ${ARGN})
    if(IS_DIRECTORY "${CMAKE_SOURCE_DIR}/${dep}")
      string(REPLACE "/" "_" dep "${dep}")
    endif()
    list(APPEND names ${dep})
  endforeach()
  set(${OUT} ${names} PARENT_SCOPE)
endfunction()

function(unmask_library FOLDER)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${FOLDER}/*.cc")
  if(UNMASK_GPU)
    list(FILTER sources EXCLUDE REGEX "_stub\\.cc$")
  else()
    list(FILTER sources EXCLUDE REGEX "_cuda\\.cc$")
  endif()
  string(REPLACE "/" "_" name "${FOLDER}")
  unmask_target_names(deps ${ARG_DEPS})
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC unmask_options ${deps})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE unmask_options ${deps})
  endif()
endfunction()

function(unmask_program NAME FOLDER)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${FOLDER}/*.cc")
  unmask_target_names(deps ${ARG_DEPS})
  add_executable(${NAME} ${sources})
  target_link_libraries(${NAME} PRIVATE ${deps})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
endfunction()

# A shared library NAME.so beside the programs, from static libraries: all that it uses is compiled to be
# put into one.
function(unmask_module NAME FOLDER)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${FOLDER}/*.cc")
  unmask_target_names(deps ${ARG_DEPS})
  add_library(${NAME} MODULE ${sources})
  target_link_libraries(${NAME} PRIVATE ${deps})
  set_target_properties(${NAME} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}"
                                           CXX_VISIBILITY_PRESET hidden)
endfunction()

# unmask_test(FOLDER DEPS ... [LABELS ...]): tests/FOLDER/*_test.cc as one GoogleTest program and one ctest entry.
function(unmask_test FOLDER)
  cmake_parse_arguments(ARG "" "" "DEPS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${FOLDER}/*.cc")
  string(REPLACE "/" "_" name "${FOLDER}_test")
  unmask_target_names(deps ${ARG_DEPS})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${deps} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE UNMASK_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             UNMASK_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()
