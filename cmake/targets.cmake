# The flags of our own code; generated code is compiled without the warnings.
add_library(postern_flags INTERFACE)
target_include_directories(postern_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(postern_flags INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter)
# g++ 12 reports these inside coroutine frames that it made itself.
target_compile_options(postern_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict
                       -Wno-array-bounds -Wno-stringop-overflow -Wno-mismatched-new-delete)

# Asio compiled once (lib/net/asio.cc), not in every file.
add_library(postern_asio INTERFACE)
target_compile_definitions(postern_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(postern_asio INTERFACE Boost::headers Threads::Threads)

# postern_library(NAME SOURCES a.cc b.cc DEPS x y)
function(postern_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC postern_flags ${ARG_DEPS})
endfunction()

# postern_binary(NAME SOURCES main.cc DEPS x y)
function(postern_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE postern_flags ${ARG_DEPS})
endfunction()

# postern_test(NAME SOURCES a_test.cc DEPS x y): one test program, one ctest entry.
function(postern_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE postern_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
