# wn_add_mpi_test(name n program [argument...]): a ctest named mpi.<name> that runs a target
# on n ranks. Every mpirun stands under `timeout -k`, for a library that hangs at the end must
# not hang the tests. For tests in other folders:
#   include(${CMAKE_SOURCE_DIR}/tests/mpi/mpi_test.cmake)
# WN_MPI_TEST_ENVIRONMENT is what tests that start mpirun themselves need, and
# WN_MPI_TEST_LAUNCH is the command line up to `-n`.
include_guard(GLOBAL)

set(WN_MPI_TEST_ENVIRONMENT
  OMPI_ALLOW_RUN_AS_ROOT=1
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  OMPI_MCA_oob_tcp_if_include=lo
  OMPI_MCA_btl_tcp_if_include=lo
  OMPI_MCA_btl_base_warn_component_unused=0
  ASAN_OPTIONS=detect_leaks=0 # Open MPI unloads components: their leaks have no names
  CACHE INTERNAL "")
if(NOT MPIEXEC_EXECUTABLE)
  set(MPIEXEC_EXECUTABLE mpirun)
endif()
set(WN_MPI_TEST_LAUNCH timeout -k 5 60 ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none
  CACHE INTERNAL "")

function(wn_add_mpi_test name n program)
  add_test(NAME mpi.${name} COMMAND ${WN_MPI_TEST_LAUNCH} -n ${n} $<TARGET_FILE:${program}> ${ARGN})
  set_tests_properties(mpi.${name} PROPERTIES
    LABELS mpi TIMEOUT 90 PROCESSORS 2 ENVIRONMENT "${WN_MPI_TEST_ENVIRONMENT}")
endfunction()
