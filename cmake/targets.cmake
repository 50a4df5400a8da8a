# The flags of our own code; generated code is compiled without the warnings.
add_library(postern_flags INTERFACE)
target_include_directories(postern_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(postern_flags INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter
                       -fpch-preprocess)
# g++ 12 reports these inside coroutine frames that it made itself.
target_compile_options(postern_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict
                       -Wno-array-bounds -Wno-stringop-overflow -Wno-mismatched-new-delete)

# What the packages' own flags say, said to every file alike, so that all can share
# one precompiled header.
target_compile_definitions(postern_flags INTERFACE _FILE_OFFSET_BITS=64 _LARGEFILE64_SOURCE NOMINMAX
                           BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_compile_options(postern_flags INTERFACE -pthread)

# Asio compiled once (lib/net/asio.cc), not in every file.
add_library(postern_asio INTERFACE)
target_link_libraries(postern_asio INTERFACE Boost::headers Threads::Threads)

# Asio, gRPC and Abseil parsed once, for every target but the pure ones, which
# are not to see them. Tests have their own: unoptimised, with GoogleTest.
function(postern_precompiled name header)
  file(WRITE ${CMAKE_BINARY_DIR}/${name}.cc "")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PUBLIC postern_flags postern_asio PkgConfig::grpcpp absl::flat_hash_map
                        absl::status absl::statusor absl::strings absl::time)
  target_compile_options(${name} PRIVATE ${ARGN})
  # In angle brackets no path of this checkout gets into it, so the cache serves other checkouts.
  target_precompile_headers(${name} PRIVATE <cmake/${header}>)
endfunction()

postern_precompiled(postern_precompiled_code precompiled.h)
postern_precompiled(postern_precompiled_tests precompiled_tests.h -O0)
find_package(GTest REQUIRED)
target_link_libraries(postern_precompiled_tests PUBLIC GTest::gmock)
set(POSTERN_PURE postern_words postern_mail postern_crypto postern_schedule rules_ir rules_engine
    rules_sieve rules_jsmail rules_jsmail_tests sieve_suite pigeonhole_driver script_actions words_test
    mail_test schedule_test rules_engine_tests bench_rules_speed rules_answers rules_answers_tests rules_sieve_tests
    rules_filter rules_filter_tests)

function(postern_precompile name from)
  if(NOT name IN_LIST POSTERN_PURE)
    target_link_libraries(${name} PRIVATE postern_asio PkgConfig::grpcpp)
    target_precompile_headers(${name} REUSE_FROM ${from})
  endif()
endfunction()

# postern_library(NAME SOURCES a.cc b.cc DEPS x y)
function(postern_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC postern_flags ${ARG_DEPS})
  postern_precompile(${name} postern_precompiled_code)
endfunction()

# postern_binary(NAME SOURCES main.cc DEPS x y)
function(postern_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE postern_flags ${ARG_DEPS})
  postern_precompile(${name} postern_precompiled_code)
endfunction()

# postern_test(NAME SOURCES a_test.cc DEPS x y): one test program, one ctest entry.
function(postern_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(NOT name IN_LIST POSTERN_PURE)
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/keep_grpc.cc)
  endif()
  target_link_libraries(${name} PRIVATE postern_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE -O0)  # run once, built always
  postern_precompile(${name} postern_precompiled_tests)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
