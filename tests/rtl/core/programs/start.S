# The core starts here. The stack is at the top of the instruction memory; ebreak ends the run.
  .section .text.start
  .globl _start
_start:
  la sp, 0x12000
  call main
  ebreak
