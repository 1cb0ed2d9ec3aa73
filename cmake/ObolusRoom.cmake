# obolus_room(NAME SOURCES a.cpp ... [LINKS target ...]
#             [TESTS a_test.cpp ...] [TEST_LINKS target ...])
#
# One room of the house: a static library `obolus_NAME` with an explicit list of sources, linked to
# what the arrows allow, and one test program `NAME_test` with the tests that stand beside the code.
function(obolus_room NAME)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;TESTS;TEST_LINKS" ${ARGN})
  add_library(obolus_${NAME} STATIC ${ROOM_SOURCES})
  target_include_directories(obolus_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(obolus_${NAME} PUBLIC ${ROOM_LINKS})
  if(OBOLUS_TESTS AND ROOM_TESTS)
    obolus_test(${NAME}_test SOURCES ${ROOM_TESTS} LINKS obolus_${NAME} ${ROOM_TEST_LINKS})
  endif()
endfunction()

# obolus_test(NAME [AS_ONE] SOURCES a_test.cpp ... [LINKS target ...]): a GoogleTest program, one
# CTest test a case, or one for all of them, where they share what takes long to start.
function(obolus_test NAME)
  cmake_parse_arguments(TEST "AS_ONE" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${NAME} ${TEST_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${TEST_LINKS} GTest::gtest_main)
  target_include_directories(${NAME} PRIVATE
    ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR})
  if(TEST_AS_ONE)
    add_test(NAME ${NAME} COMMAND ${NAME})
    set_tests_properties(${NAME} PROPERTIES TIMEOUT 600)
    return()
  endif()
  gtest_discover_tests(${NAME} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()
