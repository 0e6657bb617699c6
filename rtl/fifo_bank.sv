// FIFOs of four words for each of the 16 colors of one port, in one memory.
//
// Handshake: a word pushed in a cycle is in the bank in the next. The bank always shows the oldest word of
// `head_color_i`, in the same cycle; `pop_i` takes it away at the end of the cycle and is legal only when that
// color is not empty. What is said of pushing, popping and overflow in fifo_pointers holds here too.

module fifo_bank (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [37:0] wavelet_i,     // wavelet_t
  output logic [4:0]  overflow_o,    // {valid, color}, a register

  output logic [15:0] nonempty_o,
  input  logic [3:0]  head_color_i,
  output logic [31:0] head_data_o,   // zero while the bank is empty
  output logic        head_last_o,
  input  logic        pop_i
);

  logic [15:0] single, full, read1, read0, write1, write0;
  logic [6:0]  overflow;
  logic        unused;

  assign unused = ^{single, overflow[5:4]};
  assign overflow_o = {overflow[6], overflow[3:0]};

  fifo_pointers #(.Ports(1)) u_pointers (
    .clk_i, .rst_ni,
    .push0_i(wavelet_i[37:33]), .push1_i(5'd0), .push2_i(5'd0), .push3_i(5'd0),
    .pop_i({15'd0, pop_i} << head_color_i),
    .nonempty_o, .single_o(single), .full_o(full),
    .read1_o(read1), .read0_o(read0), .write1_o(write1), .write0_o(write0), .overflow_o(overflow)
  );

  fifo_memory u_memory (
    .clk_i, .rst_ni, .wavelet_i, .full_i(full),
    .read1_i(read1), .read0_i(read0), .write1_i(write1), .write0_i(write0),
    .read_i(nonempty_o != 16'd0), .head_color_i, .head_data_o, .head_last_o, .pop_i
  );

endmodule
