# Reset: the core starts here with pc 0. Stack at the top of instruction memory, then the kernel.
  .section .text.start
  .globl _start
_start:
  la sp, stack_top
  call main
stop:
  j stop
