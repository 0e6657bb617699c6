// The words of the FIFOs of one port, four of each color, whose pointers fifo_pointers keeps: data in one memory, the
// `last` bits in a vector. A word is written as it is counted; it shows as the head of its color from the next cycle.
// The `last` bits of slots that hold no word are zero.

module fifo_memory (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [37:0] wavelet_i,     // wavelet_t: a word comes
  input  logic [15:0] full_i,        // by color, as of fifo_pointers
  input  logic [15:0] read1_i,
  input  logic [15:0] read0_i,
  input  logic [15:0] write1_i,
  input  logic [15:0] write0_i,

  input  logic        read_i,        // without it the head is zero
  input  logic [3:0]  head_color_i,
  output logic [31:0] head_data_o,
  output logic        head_last_o,
  input  logic        pop_i          // of the head
);

  logic [63:0] last_q;
  (* nomem2reg *) logic [31:0] data_q [64];   // a memory, though it is written where registers with a reset are
  logic [5:0]  head;

  always_comb begin
    head = 6'd0;
    head_data_o = 32'd0;
    head_last_o = 1'b0;
    if (read_i) begin
      head = {head_color_i, read1_i[head_color_i], read0_i[head_color_i]};
      head_data_o = data_q[head];
      head_last_o = last_q[head];
    end
  end

  // What comes is a link's, and feeds flip-flops only: hence a local and no net.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [5:0] tail;
    if (!rst_ni) begin
      last_q <= 64'd0;
    end else if (wavelet_i[37] || (pop_i && head_last_o)) begin
      tail = {wavelet_i[36:33], write1_i[wavelet_i[36:33]], write0_i[wavelet_i[36:33]]};
      if (wavelet_i[37] && !full_i[wavelet_i[36:33]]) begin
        data_q[tail] <= wavelet_i[31:0];
        if (wavelet_i[32]) last_q[tail] <= 1'b1;
      end
      if (pop_i && head_last_o) last_q[head] <= 1'b0;
    end
  end

endmodule
